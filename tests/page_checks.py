"""What every page of `einfold explain` must be, whatever it tells: balanced, escaped, and plain."""

from __future__ import annotations

import re


def check_latex(text: str) -> None:
    assert text.startswith("\\documentclass{article}\n\\usepackage{amsmath}\n") and text.endswith("\\end{document}\n")
    assert text.count(r"\usepackage") == 1 and text.isascii()
    bare = re.sub(r"\\[{}$&%#_\\]", "", text)
    depth = 0
    for c in bare:
        depth += {"{": 1, "}": -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    stack: list[str] = []
    for which, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        if which == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []
    known = {"document", "align*", "array", "cases", "center", "tabular", "itemize", "flushleft"}
    assert set(re.findall(r"\\begin\{([a-z*]+)\}", text)) <= known
    outside = re.sub(r"\$[^$]*\$|\\\[.*?\\\]|\\begin\{align\*\}.*?\\end\{align\*\}|\\begin\{tabular\}\{[^\n]*", "", bare, flags=re.S)
    assert not re.search(r"[_^<>|]", outside)


def check_markdown(text: str) -> None:
    assert text.count("\n$$\n") % 2 == 0
    words = re.sub(r"\n\$\$\n.*?\n\$\$\n", "\n", text, flags=re.S)
    words = re.sub(r"```sh.*?```|``.*?``|`[^`\n]*`", "", words, flags=re.S)
    assert len(re.findall(r"(?<!\\)\$", words)) % 2 == 0
    words = re.sub(r"(?<!\\)\$[^$\n]*\$", "", words)
    assert not re.search(r"[<>]", words)
    for line in words.splitlines():
        if line.startswith("|"):
            assert len(line.split("|")) == len(line.strip("|").split("|")) + 2
