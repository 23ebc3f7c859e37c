"""`--from edge`: cascades in the notation of EDGE and FuseMax, as `-t edge` writes them, into the einsum dialect.

Each statement becomes text of the dialect on the line where it stands, so that what the dialect's own reader and verifier say is said of the
right line. ASCII does as well: `*` for `×`, `<=` for `≤`, `inf` for `∞`, `reduce_{m} max` for `⋁_{m} max(∪)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ..dialects.notation import nearest
from ..plugins import BadInput
from .edge_text import Line, Tensor, expression, find, listed, plain, read_tensor, reductions, split, statements

HEADS = ("operator", "cascade", "rank", "input", "output", "iterate", "init", "next", "keep", "stop", "last", "end", "view")
KEYWORD = re.compile(rf"(?P<word>{'|'.join(HEADS)})(?:\s+|$)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$.-]*", re.ASCII)
CLAUSE = re.compile(r"\s(?:where|empty)\s|\s*:(?!:)\s*(?=[a-z]+\d*\s*$)|\s*:(?!:)\s*(?=[a-z]+\d*\s+empty\b)")
"""What may follow an expression: a filter, an empty value, a type."""


def read_edge(text: str, name: str) -> str:
    """The module as text of the einsum dialect, statement by statement on the lines of `text`. Raises `BadInput`."""
    lines = statements(text)
    if not lines:
        raise BadInput("expected a cascade, found nothing", 1)
    made: dict[int, str] = {}
    at = 0
    while at < len(lines):
        word, rest = _head(lines[at])
        if word == "operator":
            made[lines[at].number] = f"einsum.operator {plain(rest.text)}"
            at += 1
        elif word == "cascade":
            end = next((i for i in range(at + 1, len(lines)) if _head(lines[i])[0] in ("cascade", "operator")), len(lines))
            made |= _Cascade(lines[at:end]).translate()
            at = end
        else:
            raise lines[at].error("expected 'cascade NAME: TYPE' or 'operator @name(x) = ...'")
    return "\n".join(made.get(number, "") for number in range(1, max(made) + 1)) + "\n"


def _head(line: Line) -> tuple[str | None, Line]:
    """A statement's keyword and what follows; None and all of it for an equation."""
    match = KEYWORD.match(line.text)
    return (None, line) if match is None else (match["word"], line.part(match.end()))


@dataclass
class _Iterate:
    """What an iteration has said so far. `states` are in the order of their `init`."""

    line: Line
    rank: str
    init: list[str] = field(default_factory=list[str])
    states: list[str] = field(default_factory=list[str])
    next: dict[str, str] = field(default_factory=dict[str, str])
    keep: dict[str, str] = field(default_factory=dict[str, str])
    last: dict[str, str] = field(default_factory=dict[str, str])
    stop: str = ""


class _Cascade:
    """Translates the statements of one cascade. `scope`: tensor -> the generations it is read with."""

    def __init__(self, lines: Sequence[Line]):
        self.lines = lines
        self.made: dict[int, str] = {}
        self.scope: dict[str, tuple[str, ...]] = {}
        self.open: list[_Iterate] = []

    def translate(self) -> Mapping[int, str]:
        """Line number -> text. Raises `BadInput`."""
        ranks, inputs, outputs = self._declared()
        name, _, element = self.lines[0].text.removeprefix("cascade").partition(":")
        if not NAME.fullmatch(name.strip()) or not element.strip():
            raise self.lines[0].error("expected 'cascade NAME: TYPE', as in 'cascade attention: f32'")
        returned = [read_tensor(piece) for piece in outputs]
        declared = ", ".join(listed(t.subscripts) for t in returned)
        head = f"einsum.cascade @{name.strip()} ranks {{{ranks}}} ({', '.join(map(self._input, inputs))}) -> {declared} : {element.strip()} {{"
        self.made[self.lines[0].number] = head
        for number, line in enumerate(self.lines[1:], 1):
            self._statement(number, line)
        if self.open:
            raise self.open[-1].line.error("the iteration has no 'end'")
        return MappingProxyType(self.made)

    def _declared(self) -> tuple[str, list[Line], list[Line]]:
        found: dict[str, list[Line]] = {"rank": [], "input": [], "output": []}
        for line in self.lines[1:]:
            word, rest = _head(line)
            if word in found and rest.text:
                found[word] += split(rest, ",")
        if not found["output"]:
            raise self.lines[0].error("the cascade has no 'output'")
        if (last := _head(self.lines[-1])[0]) != "output":
            raise self.lines[-1].error("a cascade ends in its 'output'" if last is None else f"'{last}' after the output")
        return ", ".join(r.text for r in found["rank"]), found["input"], found["output"]

    def _input(self, line: Line) -> str:
        tensor = read_tensor(line)
        self.scope[tensor.name] = ()
        return f"%{tensor.name}{listed(tensor.subscripts)}{plain(line.text[tensor.end :])}"

    def _statement(self, number: int, line: Line) -> None:
        word, rest = _head(line)
        match word:
            case None | "view":
                text = self._view(rest) if word == "view" else self._equation(line)
            case "rank" | "input":
                text = ""
            case "output":
                text = f"einsum.return {', '.join(self._read(read_tensor(piece)) for piece in split(rest, ','))} }}"
            case "iterate":
                text = self._iterate(number, rest)
            case "init" | "next" | "keep" | "stop" | "last" | "end":
                if not self.open:
                    raise line.error(f"'{word}' outside an iteration")
                text = self._end() if word == "end" else self._part(word, rest)
            case _:
                raise line.error(f"'{word}' inside a cascade")
        if text:
            self.made[line.number] = text

    @property
    def _generations(self) -> tuple[str, ...]:
        return tuple(i.rank for i in self.open)

    def _inner(self, tensor: Tensor, generations: Sequence[str]) -> str:
        """A tensor's subscripts without its generations, which must be these. Raises `BadInput`."""
        given = ["".join(s.split()) for s in tensor.subscripts[: len(generations)]]
        if given != list(generations):
            wanted = f"{tensor.name}_{{{','.join((*generations, '...'))}}}"
            raise tensor.line.error(f"'{tensor.name}' is read in its generation: {wanted}", tensor.end - 1, tensor.end)
        return listed(tensor.subscripts[len(generations) :])

    def _read(self, tensor: Tensor) -> str:
        if tensor.name not in self.scope:
            message = f"unknown tensor '{tensor.name}'{nearest(tensor.name, list(self.scope))}"
            raise tensor.line.error(
                message, 0 if tensor.line.text.startswith(tensor.name) else tensor.line.text.find(f"{tensor.name}_{{"), tensor.end
            )
        return f"%{tensor.name}{self._inner(tensor, self.scope[tensor.name])}"

    def _equation(self, line: Line) -> str:
        at = find(line, "=")
        if at < 0:
            raise line.error(f"expected an equation or one of: {', '.join(HEADS[2:])}")
        made = [read_tensor(piece) for piece in split(line.part(0, at), ",")]
        right = line.part(at + 1)
        clause = CLAUSE.search(_blanked(right.text))
        tail = "" if clause is None else plain(right.text[clause.start() :])
        body = right if clause is None else right.part(0, clause.start())
        action = find(body, "::")
        text, filters = expression(body if action < 0 else body.part(0, action), self._read)
        if action >= 0:
            text += f" reduce {reductions(body.part(action + 2))}"
        if filters:
            text += f" where {' and '.join(filters)}"
        subscripts = [self._inner(t, self._generations) for t in made]
        if len(set(subscripts)) != 1:
            raise line.error("results of one Einsum have the same subscripts", 0, at)
        self.scope.update((t.name, self._generations) for t in made)
        return f"{', '.join(f'%{t.name}' for t in made)} = einsum.compute {subscripts[0]} = {text}{tail}"

    def _view(self, line: Line) -> str:
        made = read_tensor(line)
        source = read_tensor(line, len(line.text) - len(line.text[made.end :].lstrip(" =")))
        text = self._read(Tensor(source.name, tuple(s.replace("→", "->") for s in source.subscripts), (), line, source.end))
        self.scope[made.name] = self._generations
        return f"%{made.name} = einsum.view {text}"

    def _iterate(self, number: int, line: Line) -> str:
        self.open.append(_Iterate(line, line.text))
        depth = 1
        for ahead in self.lines[number + 1 :]:
            word, rest = _head(ahead)
            depth += (word == "iterate") - (word == "end")
            if depth == 0:
                break
            if depth == 1 and word == "init":
                self._part("init", rest)
            elif depth == 1 and word in ("last", "keep"):
                (self.open[-1].last if word == "last" else self.open[-1].keep)[read_tensor(rest).name] = ""
        current = self.open[-1]
        results = ", ".join(f"%{name}" for name in (*current.last, *current.keep))
        current.keep.clear()
        return f"{f'{results} = ' if results else ''}einsum.iterate {line.text} init({', '.join(current.init)}) {{"

    def _part(self, word: str, line: Line) -> str:
        current, outer = self.open[-1], self._generations[:-1]
        if word == "stop":
            current.stop = f" until {expression(line, self._read)[0]}"
            return ""
        left = read_tensor(line)
        right = line.part(left.end)
        if not right.text.startswith("="):
            raise line.error("expected '='", left.end, left.end + 1)
        right = right.part(1)
        if word == "init":
            if left.name not in current.states:
                known = find(right, "_{") >= 0
                source = read_tensor(right) if known else None
                value = plain(right.text) if source is None else self._read(source) + right.text[source.end :]
                current.init.append(f"%{left.name}{self._inner(left, (*outer, '0'))} = {value.strip()}")
                current.states.append(left.name)
                self.scope[left.name] = self._generations
        elif word == "next":
            self._inner(left, (*outer, f"{current.rank}+1"))
            current.next[left.name] = self._read(read_tensor(right))
        elif word == "keep":
            self._inner(left, self._generations)
            current.keep[left.name] = self._read(read_tensor(right))
            self.scope[left.name] = outer
        else:
            self._inner(read_tensor(right), (*outer, f"shape({current.rank})"))
            current.last[left.name] = read_tensor(right).name
            self.scope[left.name] = outer
        return ""

    def _end(self) -> str:
        current = self.open.pop()
        if missing := [s for s in current.states if s not in current.next]:
            raise current.line.error(f"the state '{missing[0]}' has no 'next'")
        if list(current.last.values()) != current.states:
            raise current.line.error(f"'last' names the states in the order of 'init': {', '.join(current.states)}")
        kept = f" collect {', '.join(current.keep.values())}" if current.keep else ""
        return f"einsum.yield {', '.join(current.next[s] for s in current.states)}{kept}{current.stop} }}"


def _blanked(text: str) -> str:
    """The text with blanks for what stands in braces, where a colon is a filter's."""
    return re.sub(r"\{[^{}]*\}", lambda m: "_" * len(m[0]), text)
