"""Reading `-p` and `-t`: names and options become passes and targets, or diagnostics that point into the option's own text.

The notation is xDSL's, `pass{option=1 other=a,b},pass`, and forgiving where that is not: spaces may follow commas, a whole number
may stand for a float, `1e-3` is a number, and mlir-opt's `builtin.module(...)` may stand around it all.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from xdsl.utils.arg_spec import ArgSpec, ArgSpecConvertible, ParameterListType, ParameterType, PipelineLexer, SpecToken, SpecTokenKind, parse_spec
from xdsl.utils.exceptions import ArgSpecParseError, ParseError
from xdsl.utils.hints import isa, type_repr
from xdsl.utils.mlir_lexer import StringLiteral

from ..plugins.foreign import described, message_of
from .diagnostics import Failure, at_offset, suggestion
from .driver.option_types import in_words
from .source import Source

_Built = TypeVar("_Built", bound=ArgSpecConvertible)

ANCHORED = re.compile(r"\s*(?:builtin\.module|any)\s*\((?P<passes>.*)\)\s*", re.DOTALL)
ANCHOR = re.compile(r"(?P<name>[A-Za-z][\w.-]*)\s*\(")

MOST_DIGITS = 40
"""Characters of a number in a pipeline, at most."""

SCIENTIFIC = re.compile(r"[0-9]+[eE][-+]?[0-9]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Option:
    """`name=value,value` and where it stands in the text; no values for a bare `name`."""

    name: str
    values: ParameterListType
    start: int
    end: int


@dataclasses.dataclass(frozen=True, slots=True)
class Element:
    """`name{options}` and where the name stands; `foreign` is set for `mlir-opt[...]`, which xDSL reads itself."""

    name: str
    start: int
    options: tuple[Option, ...] = ()
    foreign: ArgSpec | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.name)


class _Reader:
    """The grammar above, over xDSL's tokens without the spaces."""

    def __init__(self, source: Source, text: str):
        """`text` is what is read: the source's, with blanks for what is not."""
        self.source = source
        self.tokens = list(self._lex(text))
        self.index = 0

    def _lex(self, text: str) -> Iterator[SpecToken]:
        lexer, end = PipelineLexer(text), 0
        while True:
            try:
                token = lexer.lex()
            except ArgSpecParseError as error:
                raise self.error("unexpected character", end, end + 1) from error
            end = token.span.end
            if token.kind is not SpecTokenKind.SPACE:
                yield token
            if token.kind is SpecTokenKind.EOF:
                return

    def error(self, message: str, start: int, end: int) -> Failure:
        return Failure(at_offset(self.source, message, start, end))

    def take(self, kind: SpecTokenKind) -> SpecToken | None:
        token = self.tokens[self.index]
        if token.kind is not kind:
            return None
        self.index += 1
        return token

    def expect(self, kind: SpecTokenKind, what: str) -> SpecToken:
        token = self.take(kind)
        if token is None:
            found = self.tokens[self.index]
            raise self.error(f"expected {what}", found.span.start, found.span.end)
        return token

    def elements(self) -> tuple[Element, ...]:
        found: list[Element] = []
        if self.take(SpecTokenKind.EOF) is not None:
            return ()
        while True:
            found.append(self.element())
            if self.take(SpecTokenKind.COMMA) is None:
                self.expect(SpecTokenKind.EOF, "',' or the end")
                return tuple(found)

    def element(self) -> Element:
        name = self.expect(SpecTokenKind.IDENT, "a name")
        if (nested := self.take(SpecTokenKind.MLIR_PIPELINE)) is not None:
            try:
                spec = parse_spec(self.source.text[name.span.start : nested.span.end])
            except (ArgSpecParseError, ParseError) as error:
                raise self.error("only 'mlir-opt' takes a pipeline in brackets", name.span.start, name.span.end) from error
            return Element(name.text, name.span.start, foreign=spec)
        options: list[Option] = []
        if self.take(SpecTokenKind.L_BRACE) is not None:
            while self.take(SpecTokenKind.R_BRACE) is None:
                options.append(self.option())
        return Element(name.text, name.span.start, tuple(options))

    def option(self) -> Option:
        name = self.expect(SpecTokenKind.IDENT, "an option's name or '}'")
        values: list[ParameterType] = []
        if self.take(SpecTokenKind.EQUALS) is not None:
            values.append(self.value())
            while self.take(SpecTokenKind.COMMA) is not None:
                values.append(self.value())
        return Option(name.text, tuple(values), name.span.start, name.span.end)

    def value(self) -> ParameterType:
        if (text := self.take(SpecTokenKind.STRING_LIT)) is not None:
            try:
                return StringLiteral(text.span.start, text.span.end, text.span.input).string_contents
            except ParseError as error:
                raise self.error(error.msg.splitlines()[0].lower(), text.span.start, text.span.end) from error
        if (number := self.take(SpecTokenKind.NUMBER)) is not None:
            if len(number.text) > MOST_DIGITS:
                raise self.error(f"a number of {len(number.text)} characters; at most {MOST_DIGITS} are read", number.span.start, number.span.end)
            return float(number.text) if "." in number.text else int(number.text)
        word = self.expect(SpecTokenKind.IDENT, "a value: a word, a number, or text in double quotes").text
        return {"true": True, "false": False}.get(word, float(word) if SCIENTIFIC.fullmatch(word) else word)


def parse_elements(text: str, label: str) -> tuple[Source, tuple[Element, ...]]:
    """The elements of a pipeline's text; `label` stands where a file's name would. Raises `Failure`."""
    source = Source(label, text)
    try:
        return source, _Reader(source, _without_anchor(source)).elements()
    except ValueError as error:  # a number too long to be read
        raise Failure(at_offset(source, str(error), 0)) from error


def _without_anchor(source: Source) -> str:
    """The text with blanks in place of mlir-opt's `builtin.module(` and its `)`, so that places stay what they are. Raises `Failure`."""
    text = source.text
    while (anchored := ANCHORED.fullmatch(text)) is not None:
        start, end = anchored.span("passes")
        text = " " * start + text[start:end] + " " * (len(text) - end)
    if (other := ANCHOR.search(re.sub(r'"[^"]*"|\[.*\]', lambda quoted: "_" * len(quoted[0]), text))) is not None:
        message = f"passes run on builtin.module; they cannot be put on '{other['name']}'"
        if ANCHORED.fullmatch(f"{text[other.start() :]})") and text.count("(") > text.count(")"):
            raise Failure(at_offset(source, f"expected the ')' of '{other['name']}('", len(text)))
        if other["name"] in ("builtin.module", "any"):
            message = f"'{other['name']}(...)' stands around the whole pipeline or not at all"
        raise Failure(at_offset(source, message, other.start("name"), other.end("name")))
    return text


def build(text: str, label: str, kind: str, known: Mapping[str, Callable[[], type[_Built]]]) -> tuple[_Built, ...]:
    """Every element of `text` as an instance of the class that `known` has under its name; `kind` says what it is. Raises `Failure`."""
    source, elements = parse_elements(text, label)
    for element in elements:
        if element.name not in known:
            near = suggestion(element.name, known) or f"; a {kind} from a file needs --load-plugin FILE.py"
            message = f"unknown {kind} '{element.name}'{near}"
            raise Failure(at_offset(source, message, element.start, element.end))
    return tuple(_build_one(source, e, kind, known[e.name]) for e in elements)


def _build_one(source: Source, element: Element, kind: str, factory: Callable[[], type[_Built]]) -> _Built:
    what = f"{kind} '{element.name}'"
    try:
        cls = factory()
        fields = {f.name: f for f in dataclasses.fields(cls) if f.init and f.name != "name"}
        types = get_type_hints(cls)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Failure(at_offset(source, f"{what} cannot be loaded: {message_of(error) or described(error)}", element.start, element.end)) from error
    spec = element.foreign or ArgSpec(element.name, _checked_options(source, element, what, cls, fields, types))
    try:
        return cls.from_spec(spec)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Failure(at_offset(source, f"{what}: {message_of(error) or described(error)}", element.start, element.end)) from error


def _checked_options(
    source: Source, element: Element, what: str, cls: type[ArgSpecConvertible], fields: Mapping[str, object], types: Mapping[str, Any]
) -> dict[str, ParameterListType]:
    found: dict[str, ParameterListType] = {}
    for option in element.options:
        name = option.name.replace("-", "_")
        if name not in fields:
            message = f"{what} has no option '{option.name}'{suggestion(name, fields) if fields else '; it has none'}"
            raise Failure(at_offset(source, message, option.start, option.end))
        if name in found:
            raise Failure(at_offset(source, f"option '{option.name}' is given twice", option.start, option.end))
        values = _fitted(option.values, types[name])
        if values is None:
            given = ",".join(map(str, option.values)) or "nothing"
            message = f"option '{option.name}' of {what} takes {in_words(types[name])}, given {given}"
            raise Failure(at_offset(source, message, option.start, option.end))
        found[name] = values
    for name in sorted(cls.required_fields() & fields.keys() - found.keys()):
        raise Failure(at_offset(source, f"{what} needs option '{name}' ({in_words(types[name])})", element.start, element.end))
    return found


def _fitted(values: ParameterListType, hint: Any) -> ParameterListType | None:
    """The values if an option of type `hint` takes them, whole numbers made floats if that helps; None if it does not."""
    floats = tuple(float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values)
    return next((v for v in (values, floats) if _fits(v, hint)), None)


def _fits(values: ParameterListType, hint: Any) -> bool:
    if not values:
        return NoneType in get_args(hint) or isa(values, hint)
    # `isa` takes True for an int, as Python does; an option that counts something does not
    if any(isinstance(v, bool) for v in values) and "bool" not in type_repr(hint):
        return False
    return isa(values, hint) or (len(values) == 1 and isa(values[0], hint))
