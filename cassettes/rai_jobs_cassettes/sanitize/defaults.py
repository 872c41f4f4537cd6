"""The sanitisers that are on by default, in the order in which they look, and users' own."""

from __future__ import annotations

import re

from ..arguments import require_text, texts_of
from ..errors import CassetteError
from .keys import SECRET_KEYS, folded
from .knowledge import KnownRule
from .marks import checked_kind
from .names import ACCOUNTS, HOSTS, USERS
from .patterns import (
    AWS_KEYS,
    EMAILS,
    HOME_PATHS,
    JWTS,
    PEM_BLOCKS,
    PRESIGNED,
    QUERY,
    SNOWFLAKE_TOKENS,
    URL_USERS,
    VENDOR_TOKENS,
    found_by,
    in_query,
    query_regex,
)
from .places import BindRule, BodyPathRule, ColumnRule, HeaderRule, KeyRule, is_secret_header
from .rules import Rule, Sanitizer, TextRule

__all__ = ["DEFAULT", "bind", "body", "column", "header", "known", "pattern", "query"]

DEFAULT: tuple[Rule, ...] = (
    HeaderRule("headers", is_secret_header, parts=True),
    PEM_BLOCKS,
    KeyRule("secret-keys", SECRET_KEYS),
    QUERY,
    PRESIGNED,
    URL_USERS,
    JWTS,
    SNOWFLAKE_TOKENS,
    VENDOR_TOKENS,
    AWS_KEYS,
    USERS,
    ACCOUNTS,
    EMAILS,
    HOME_PATHS,
    HOSTS,
)
"""On by default. What is known to be secret (`secrets=`) is replaced beside these."""


def known(*values: str | bytes, kind: str = "secret") -> Sanitizer:
    """Return the sanitiser of these very values, wherever they stand.

    They are found percent-encoded, in base64 and in escapes of JSON too; one of fewer than three
    characters, and a word of the protocols, is not looked for.

    Args:
        values: what must not be written.
        kind: what it is, for its stand-ins.

    Raises:
        CassetteError: a value is neither text nor bytes.
    """
    return KnownRule("known", texts_of("values", values), checked_kind(kind))


def pattern(regex: str, *, kind: str) -> Sanitizer:
    """Return the sanitiser of whatever an expression matches in any text.

    Args:
        regex: the expression; its group 1, where it has one, is what is replaced.
        kind: what it is, for its stand-ins.

    Raises:
        CassetteError: the expression is none.
    """
    require_text("regex", regex)
    return TextRule(f"pattern {regex}", found_by(_compiled(regex), checked_kind(kind)))


def header(name: str, *, kind: str = "secret") -> Sanitizer:
    """Return the sanitiser of the values of a header, of requests and responses.

    Args:
        name: of the header, in any case.
        kind: what its value is; `volatile` for what a client makes anew each time.
    """
    require_text("name", name)
    wanted = name.lower()
    return HeaderRule(f"header {wanted}", lambda each: each == wanted, checked_kind(kind))


def query(name: str, *, kind: str = "secret") -> Sanitizer:
    """Return the sanitiser of the values of a key of URLs' queries.

    Args:
        name: the key; case does not matter.
        kind: what its value is.
    """
    require_text("name", name)
    finder = in_query(query_regex(re.escape(name)), checked_kind(kind))
    return TextRule(f"query {name}", finder)


def body(path: str, *, kind: str = "secret") -> Sanitizer:
    """Return the sanitiser of a value in bodies, of requests and responses; in JSON texts too.

    Args:
        path: a key, at any depth, or keys from the root joined by dots, `*` for any of a list.
        kind: what the value is.
    """
    require_text("path", path)
    if "." in path:
        return BodyPathRule(f"body {path}", path, checked_kind(kind))
    return KeyRule(f"body {path}", (path,), checked_kind(kind))


def bind(which: int | str, *, kind: str = "secret", statement: str | None = None) -> Sanitizer:
    """Return the sanitiser of a bind of statements.

    Args:
        which: its place from 0, its name, or an expression for the column that it is compared with.
        kind: what its value is.
        statement: an expression that tells the statements that are meant; all when not given.

    Raises:
        CassetteError: an expression is none.
    """
    for regex in (which, statement):
        if isinstance(regex, str):
            _compiled(regex)
    named = f"bind {which}" if statement is None else f"bind {which} of {statement}"
    return BindRule(named, which, checked_kind(kind), statement)


def column(name: str, *, kind: str = "secret") -> Sanitizer:
    """Return the sanitiser of a column of rows.

    Args:
        name: of the column; case does not matter.
        kind: what its values are.
    """
    require_text("name", name)
    return ColumnRule(f"column {name}", folded(name), checked_kind(kind))


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise CassetteError(f"{regex!r} is no regular expression: {error}.") from None
