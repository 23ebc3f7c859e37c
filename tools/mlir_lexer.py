"""MLIR with einfold's notation for Pygments, and so for everything that highlights by it: rich, Sphinx, mkdocs, notebooks.

Offered under the entry point `pygments.lexers` as `mlir`; nothing of einfold imports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

CLAUSES = (
    *("ranks", "reduce", "where", "and", "empty", "init", "collect", "until", "attributes", "laws", "opaque"),
    *("on", "to", "in", "at", "nest", "tiles", "rows", "cols", "copies", "stage", "turn", "over", "named", "barriers", "spill", "ii", "as"),
    *("clock", "word", "ops", "offchip", "capacity", "bandwidth", "latency", "row", "energy", "area", "registers", "source"),
)
"""Words that begin a part of an operation's text."""


class MlirLexer(RegexLexer):
    """MLIR."""

    name: ClassVar[str] = "MLIR"
    aliases: ClassVar[Sequence[str]] = ["mlir"]
    filenames: ClassVar[Sequence[str]] = ["*.mlir"]
    url: ClassVar[str] = "https://mlir.llvm.org/docs/LangRef/"

    tokens: ClassVar[dict[str, Any]] = {
        "root": [
            (r"\s+", Text),
            (r"//.*", Comment.Single),
            (r'"(?:[^"\\\n]|\\.)*"', String),
            (r"%[\w$.-]+", Name.Variable),
            (r"@[\w$.-]+|@", Name.Function),
            (r"\^[\w$.-]+", Name.Label),
            (r"#[\w$.-]+", Name.Decorator),
            (r"![\w$.-]+", Name.Class),
            (r"\b[a-z_]\w*\.[a-z_][\w.]*", Keyword),  # an operation
            (r"(?:f|bf|i|si|ui)\d+\b|\b(?:index|tensor|memref|none)\b", Keyword.Type),
            (words(CLAUSES, prefix=r"\b", suffix=r"\b"), Keyword.Pseudo),
            (r"\b(?:true|false|inf|nan|unit|increasing|decreasing)\b", Keyword.Constant),
            (r"[a-z_]\w*(?=\s*[({]\s*(?:%|\w|-))", Name.Builtin),  # exp(...), reduce's add(m)
            (r"\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+", Number.Float),
            (r"0x[0-9a-fA-F]+|\d+", Number.Integer),
            (r"->|[-+*/<>=]=?|!=", Operator),
            (r"[A-Za-z_]\w*", Name),
            (r"[\[\]{}(),:?|]", Punctuation),
            (r".", Text),
        ]
    }
