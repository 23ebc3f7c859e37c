"""The scripts that make bash, zsh and fish ask `einfold completion --answer` what could be typed next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BASH = """\
# Completion of einfold and einfold-opt for bash. Try it: source <(einfold completion bash)
_einfold_complete() {
    local here="${COMP_WORDS[COMP_CWORD]}" answer
    case "$here" in
        '"'* | "'"*) here="${here:1}" ;;
        '=' | ':') here="" ;;
    esac
    COMPREPLY=()
    while IFS= read -r answer; do
        [[ -n "$answer" ]] && COMPREPLY+=("$answer")
    done < <(einfold completion --answer="${COMP_LINE:0:COMP_POINT}" --replaced="$here" 2> /dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]] || [[ "${COMP_LINE:0:COMP_POINT}" == *'{'* ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -o default -F _einfold_complete einfold einfold-opt
"""

ZSH = """\
#compdef einfold einfold-opt
# Completion of einfold and einfold-opt for zsh. Try it: source <(einfold completion zsh)
_einfold_complete() {
    local -a found
    found=("${(@f)$(einfold completion --answer="${(j: :)words[1,CURRENT-1]} ${words[CURRENT]}" 2> /dev/null)}")
    found=(${found:#})
    if (( ${#found} )); then
        compadd -S '' -- $found
    else
        _files
    fi
}
compdef _einfold_complete einfold einfold-opt
"""

FISH = """\
# Completion of einfold and einfold-opt for fish. Try it: einfold completion fish | source
function __einfold_complete
    einfold completion --answer=(commandline --cut-at-cursor --current-process | string collect) 2> /dev/null
end
complete --command einfold --arguments '(__einfold_complete)'
complete --command einfold-opt --arguments '(__einfold_complete)'
"""

SCRIPTS: Mapping[str, str] = MappingProxyType({"bash": BASH, "fish": FISH, "zsh": ZSH})
"""Shell -> its script."""
