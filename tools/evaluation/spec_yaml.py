"""Evaluations in YAML: what `spec.py` describes, read as machine descriptions are, every name checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from ...backend.mapping_yaml import read_shares
from ...backend.yaml_reader import DescriptionError, Key, Reader, compose, file_name, read_count, read_flag, read_number, read_text
from ...dialects.einsum_attrs import MAX_SIZE
from ...dialects.notation import nearest
from ...search.judge import OBJECTIVES
from .spec import LENGTH, Case, Headline, ReadBack, Search, Spec, Table


class SpecError(DescriptionError):
    """A file that does not describe an evaluation: `file:line:col: error: reason`."""


def _texts(reader: Reader, node: Any, what: str) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode) or not cast(list[Any], node.value):
        raise reader.fail(node, f"{what} must be a list of names")
    return tuple(read_text(reader, item, f"an entry of {what}") for item in cast(list[Any], node.value))


def _size(reader: Reader, node: Any, what: str) -> int:
    value = read_count(reader, node, what)
    if value > MAX_SIZE:
        raise reader.fail(node, f"{what} is {value}; sizes run from 1 to 2^40")
    return value


def _sizes(reader: Reader, node: Any, what: str) -> dict[str, int]:
    found = {name: _size(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}
    if not found:
        raise reader.fail(node, f"{what} is empty")
    return found


def _models(reader: Reader, node: Any, what: str) -> dict[str, dict[str, int]]:
    entries = reader.entries(node, what).items()
    found = {file_name(reader, key, name, "a model's name"): _sizes(reader, value, f"model '{name}'") for name, (key, value) in entries}
    if not found:
        raise reader.fail(node, f"{what} is empty")
    return found


def _named_lengths(reader: Reader, node: Any, what: str) -> dict[str, int]:
    for name, (key, _) in reader.entries(node, what).items():
        file_name(reader, key, name, "a length's name")
    return _sizes(reader, node, what)


def _lists(reader: Reader, node: Any, what: str) -> dict[str, tuple[str, ...]]:
    return {name: _texts(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}


def _cases(reader: Reader, node: Any, what: str) -> tuple[Case, ...]:
    if not isinstance(node, yaml.SequenceNode) or not cast(list[Any], node.value):
        raise reader.fail(node, f"{what} must be a list of mappings")
    return tuple(Case(**reader.record(item, _CASE, "a mapping")) for item in cast(list[Any], node.value))


def _read_backs(reader: Reader, node: Any, what: str) -> tuple[ReadBack, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise reader.fail(node, f"{what} must be a list")
    return tuple(ReadBack(**reader.record(item, _READ_BACK, f"an entry of {what}")) for item in cast(list[Any], node.value))


def _tables(reader: Reader, node: Any, what: str) -> dict[str, Table]:
    entries = reader.entries(node, what).items()
    return {file_name(reader, key, n, "a table's name"): Table(**reader.record(value, _TABLE, f"table '{n}'")) for n, (key, value) in entries}


def _search(reader: Reader, node: Any, what: str) -> Search:
    return Search(**reader.record(node, _SEARCH, what))


def _objective(reader: Reader, node: Any, what: str) -> str:
    text = read_text(reader, node, what)
    if text not in OBJECTIVES:
        raise reader.fail(node, f"{what} is '{text}'; it must be one of {', '.join(OBJECTIVES)}{nearest(text, list(OBJECTIVES))}")
    return text


def _headlines(reader: Reader, node: Any, what: str) -> tuple[Headline, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise reader.fail(node, f"{what} must be a list of headlines")
    return tuple(Headline(**reader.record(item, _HEADLINE, "a headline")) for item in cast(list[Any], node.value))


_CASE: Mapping[str, Key] = {
    "file": Key("file", read_text),
    "models": Key("models", _texts),
    "lengths": Key("lengths", _texts),
    "spill": Key("spill", read_shares),
}

_SEARCH: Mapping[str, Key] = {"objective": Key("objective", _objective), "contract": Key("contract", read_flag)}

_READ_BACK: Mapping[str, Key] = {
    "of": Key("of", _texts, required=True),
    "models": Key("models", _texts),
    "lengths": Key("lengths", _texts),
}

_TABLE: Mapping[str, Key] = {
    "cascade": Key("cascade", read_text, required=True),
    "machine": Key("machine", read_text, required=True),
    "ranks": Key("ranks", _lists, required=True),
    "pipeline": Key("pipeline", read_text),
    "columns": Key("columns", _lists),
    "artifact_leaves_out": Key("uncounted", _lists),
    "artifact_reads_back": Key("read_back", _read_backs),
    "mappings": Key("cases", _cases),
    "search": Key("search", _search),
}

_HEADLINE: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "column": Key("column", read_text, required=True),
    "published": Key("published", read_number),
    "mean": Key("mean", read_text),
    "over": Key("over", _texts),
    "under": Key("under", _texts),
}

_SPEC: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "source": Key("source", read_text),
    "models": Key("models", _models, required=True),
    "lengths": Key("lengths", _named_lengths, required=True),
    "tables": Key("tables", _tables, required=True),
    "headlines": Key("headlines", _headlines),
    "sweeps": Key("sweeps", _texts),
    "notes": Key("notes", _texts),
}


def parse_spec(text: str, file: str, folder: Path) -> Spec:
    """The evaluation that a YAML text describes. Raises `SpecError` with `file` and, where it is known, the line."""
    reader = Reader(file, SpecError)
    spec = Spec(folder=folder, **reader.record(compose(text, reader), _SPEC, "the evaluation"))
    _check(spec, file)
    return spec


def _check(spec: Spec, file: str) -> None:
    """Raise `SpecError` for the first name in a spec that stands for nothing, or a point that no mapping covers."""

    def known(names: Sequence[str], there: Collection[str], what: str) -> None:
        for name in names:
            if name not in there:
                raise SpecError(f"{file}: error: unknown {what} '{name}'{nearest(name, sorted(there))}")

    parameters = {p for m in spec.models.values() for p in m if all(p in other for other in spec.models.values())} | {LENGTH}
    for name, table in spec.tables.items():
        known([f for factors in table.ranks.values() for f in factors], parameters, f"parameter in table '{name}',")
        for case in (*table.cases, *table.read_back):
            known(case.models, spec.models, f"model in table '{name}',")
            known(case.lengths, spec.lengths, f"length in table '{name}',")
        for model, length in spec.points:
            if not any(c.covers(model, length) for c in table.cases):
                raise SpecError(f"{file}: error: table '{name}' has no mapping for {model} at {length}")
    for headline in spec.headlines:
        tables = (*headline.over, *headline.under, *([headline.mean] if headline.mean is not None else []))
        known(tables, spec.tables, f"table in headline '{headline.name}',")
        if (headline.mean is None) == (not headline.over or not headline.under):
            raise SpecError(f"{file}: error: headline '{headline.name}' needs either 'mean', or 'over' and 'under'")
