"""What shows by its form alone that it must not be written: tokens, keys, addresses, paths."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .keys import PRESIGNED_KEYS, QUERY_KEYS, any_of, kind_of_key
from .rewriting import Finder, Hit
from .rules import TextRule

__all__ = [
    "AWS_KEYS",
    "EMAILS",
    "HOME_PATHS",
    "JWTS",
    "PEM_BLOCKS",
    "PRESIGNED",
    "QUERY",
    "SNOWFLAKE_TOKENS",
    "URL_USERS",
    "VENDOR_TOKENS",
    "found_by",
    "in_query",
    "query_regex",
]


def found_by(regex: re.Pattern[str], kind: str, *, needs: str = "", learn: bool = True) -> Finder:
    """Return what finds group 1 of each match, or the whole of it where there is no group.

    Args:
        regex: what to look for.
        kind: what it is.
        needs: a text without which there is no match: it is quicker to look for.
        learn: whether it is replaced wherever else it stands.
    """
    group = 1 if regex.groups else 0

    def find(text: str) -> Iterable[Hit]:
        if needs not in text:
            return
        for match in regex.finditer(text):
            start, end = match.span(group)
            if start < end:
                yield Hit(start, end, kind, learn=learn)

    return find


def in_query(regex: re.Pattern[str], kind: str | None = None) -> Finder:
    """Return what finds the values of keys of a URL's query or fragment; groups `key`, `value`."""

    def find(text: str) -> Iterable[Hit]:
        if "=" not in text:
            return
        for match in regex.finditer(text):
            start, end = match.span("value")
            yield Hit(start, end, kind or kind_of_key(match["key"]))

    return find


def query_regex(keys: str) -> re.Pattern[str]:
    """Return the expression for values of keys in a query; `keys` is one itself."""
    return re.compile(rf"""(?i)[?&#;](?P<key>{keys})=(?P<value>[^&#\s"'<>\\;]+)""")


def _url_users(text: str) -> Iterable[Hit]:
    if "@" not in text:
        return
    for match in re.finditer(r"""://([^\s/?#@:"'<>\\]*)(?::([^\s/?#@"'<>\\]*))?@""", text):
        password = match[2] is not None
        for group, kind in ((1, "user" if password else "secret"), (2, "password")):
            if match[group]:
                yield Hit(*match.span(group), kind)


JWTS = TextRule(
    "jwts",
    found_by(re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)*"), "token", needs="eyJ"),
)
"""JSON Web Tokens, signed or encrypted; Snowflake's programmatic access tokens are such."""

SNOWFLAKE_TOKENS = TextRule(
    "snowflake-tokens",
    found_by(re.compile(r"\bver:\d+-hint:\d+-[\w+/=-]{4,}"), "token", needs="-hint:"),
)
"""Session, master and OAuth tokens of Snowflake."""

VENDOR_TOKENS = TextRule(
    "vendor-tokens",
    found_by(
        re.compile(
            r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}"
            r"|xox[abeoprs]-[\w-]{10,}|sk-[\w-]{20,}|[rs]k_live_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{30,}"
            r"|pypi-AgE[\w-]{40,}|AIza[\w-]{35}|ya29\.[\w-]{20,}|hf_[A-Za-z0-9]{30,}"
            r"|SG\.[\w-]{16,}\.[\w-]{16,}|dapi[0-9a-f]{32})"
        ),
        "token",
    ),
)
"""Tokens of other services that bear a prefix of their own."""

AWS_KEYS = TextRule(
    "aws-keys",
    found_by(re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"), "key"),
)
"""Ids of keys of AWS; their secrets are found by their names."""

PEM_BLOCKS = TextRule(
    "pem-blocks",
    found_by(
        re.compile(
            r"-----BEGIN[ +][A-Z0-9 +]*PRIVATE[ +]KEY-----"
            r"(?:(?:(?!-----BEGIN).)*?-----END[ +][A-Z0-9 +]*PRIVATE[ +]KEY-----|[\w+/=\s:,-]*)",
            re.DOTALL,
        ),
        "private-key",
        needs="-----BEGIN",
    ),
)
"""Private keys in PEM form, whole or cut off."""

EMAILS = TextRule(
    "emails",
    found_by(
        re.compile(
            r"(?<![\w.+-])[\w.+-]{1,64}@(?!host-\d+\.recorded)"
            r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}\.[A-Za-z]{2,24}\b"
        ),
        "email",
        needs="@",
    ),
)

HOME_PATHS = TextRule(
    "home-paths",
    found_by(
        re.compile(
            r"""(?:(?<![\w.])/(?:home|Users)/|[A-Za-z]:[\\/]+Users[\\/]+)([^\\/\s"'<>:;,]+)"""
        ),
        "user",
        learn=False,
    ),
)
"""Whose home a path leads to; not looked for elsewhere: such names are common words."""

URL_USERS = TextRule("url-users", _url_users)
"""User and password in a URL."""

QUERY = TextRule("query-keys", in_query(query_regex(any_of(QUERY_KEYS))))
"""Secrets in a URL's query or fragment, wherever the URL stands."""

PRESIGNED = TextRule("presigned-urls", in_query(query_regex(any_of(PRESIGNED_KEYS))))
"""Signatures of presigned URLs, wherever the URL stands."""
