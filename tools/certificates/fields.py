"""JSON that anybody may have written: read with places in messages, within limits, and taken apart by keys and types.

Nothing here trusts the text: depth, lengths and digits are bounded before anything is computed with them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...algebra.certificates import NotVerified
from ..diagnostics import Diagnostic, Failure, at_offset, suggestion
from ..source import Source

LONGEST_NAME = 200
"""Characters of a name."""

SEAL = "sha256"


def read_json(source: Source) -> Any:
    """The JSON value that a source holds. Raises `Failure`, at the place where it is none."""

    def refuse(what: str) -> Callable[[str], Any]:
        def fail(text: str) -> Any:
            offset = max(0, source.text.find(text))
            raise Failure(at_offset(source, f"{what} '{text[:40]}' has no place in a certificate", offset))

        return fail

    def integer(text: str) -> int:
        return int(text) if len(text) <= 18 else refuse("a number as long as")(text)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [k for k, _ in found]
        twice = next((k for i, k in enumerate(keys) if k in keys[:i]), None) if len(set(keys)) < len(keys) else None
        if twice is not None:
            raise Failure(Diagnostic("error", f"not a certificate: key '{twice[:40]}' is given twice in one object", source.name))
        return dict(found)

    try:
        return json.loads(source.text, parse_constant=refuse("the number"), parse_int=integer, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise Failure(at_offset(source, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos)) from None
    except RecursionError:
        raise Failure(Diagnostic("error", "not a certificate: its JSON is nested too deeply", source.name)) from None


def certificates_in(value: Any) -> Iterator[dict[str, Any]]:
    """The certificates in what `einfold passes --json` wrote, in order; a single one is itself."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if "kind" in found:
            yield found
            return
        for rank in _objects(found.get("ranks")):
            yield from _objects(rank.get("certificate"))
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from certificates_in(item) if isinstance(item, dict) else ()


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    if not isinstance(value, dict):
        return ()
    return (cast("dict[str, Any]", v) for v in cast("dict[str, Any]", value).values() if isinstance(v, dict))


def subject(found: Mapping[str, Any]) -> str:
    """`@name, rank m, NUM`: what a certificate says it is about, as far as it says that."""
    parts = [found.get(key) for key in ("cascade", "rank", "reduction" if "reduction" in found else "result")]
    cascade, rank, name = (printable(p[:LONGEST_NAME]) if isinstance(p, str) else "?" for p in parts)
    return f"@{cascade}, rank {rank}, {name}"


def printable(text: str) -> str:
    """A text on one line."""
    return "".join(c if c.isprintable() else "?" for c in text)


def sealed(found: dict[str, object]) -> dict[str, object]:
    """A certificate with the digest of what it holds, by which a copy that was damaged is known; what it proves is checked apart."""
    return found | {SEAL: digest(found)}


def digest(found: Mapping[str, object]) -> str:
    """SHA-256 of an object's keys and values, its own digest left out."""
    text = json.dumps({k: v for k, v in found.items() if k != SEAL}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_seal(found: Mapping[str, Any]) -> None:
    """Raises `NotVerified` for a certificate that was changed after it was written."""
    if Fields(found).text(SEAL) != digest(found):
        raise NotVerified(f"it was changed after it was written: its {SEAL} is not that of what it holds")


@dataclass(frozen=True)
class Fields:
    """Typed access to the keys of a JSON object. All raise `NotVerified`."""

    of: Mapping[str, Any]
    where: str = ""

    def get(self, key: str) -> Any:
        if key not in self.of:
            raise NotVerified(f"{self.where}'{key}' is missing{suggestion(key, self.of)}")
        return self.of[key]

    def text(self, key: str, longest: int = LONGEST_NAME) -> str:
        value = self.get(key)
        if not isinstance(value, str) or not value or len(value) > longest:
            raise NotVerified(f"{self.where}'{key}' is to be a text of at most {longest} characters")
        return value

    def number(self, key: str) -> int:
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise NotVerified(f"{self.where}'{key}' is to be a whole number")
        return value

    def list(self, key: str, longest: int) -> list[Any]:
        value = self.get(key)
        if not isinstance(value, list):
            raise NotVerified(f"{self.where}'{key}' is to be a list")
        found = cast("list[Any]", value)
        if len(found) > longest:
            raise NotVerified(f"{self.where}'{key}' has {len(found)} entries, and {longest} are allowed")
        return found

    def object(self, key: str) -> dict[str, Any]:
        value = self.get(key)
        if not isinstance(value, dict):
            raise NotVerified(f"{self.where}'{key}' is to be an object")
        return cast("dict[str, Any]", value)

    def objects(self, key: str, longest: int) -> list[Fields]:
        found = self.list(key, longest)
        if not all(isinstance(v, dict) for v in found):
            raise NotVerified(f"{self.where}'{key}' is to be a list of objects")
        return [Fields(v, f"{key} {i}: ") for i, v in enumerate(found)]

    def only(self, *keys: str) -> None:
        """No other keys than these."""
        for key in self.of:
            if key not in keys:
                raise NotVerified(f"{self.where}unknown key '{key[:40]}'{suggestion(key[:40], keys)}")
