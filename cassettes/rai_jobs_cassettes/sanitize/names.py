"""Names that tell who recorded and where: hosts, accounts, users."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..interactions import Interaction, Leaf, Tree
from ..placeholders import HOST
from .keys import ACCOUNT_KEYS, HOST_KEYS, USER_KEYS
from .marks import Marks
from .places import KeyRule
from .rewriting import Hit
from .rules import Rule
from .walking import Place, rewalked

__all__ = ["ACCOUNTS", "HOSTS", "NAMES", "USERS", "cloud_hosts"]

NAMES = frozenset({"user", "account", HOST, "email"})
"""Kinds that are names: found whatever their case, and never inside a word."""

_LONGEST_NAME = 256
_URL = re.compile(
    r"""(?i)\b[a-z][a-z0-9+.-]{0,20}:(?:\\?/){2}(?:[^\s/?#"'<>\\]*@)?"""
    r"""(\[[0-9a-f:.]+\](?::\d+)?|[^\s/?#@:"'<>\\%&,;()\[\]{}|`]+(?::\d+)?)"""
)
_CLOUD = re.compile(
    r"""(?i)(?<![\w.-])((?:[\w-]+\.)+(?:snowflakecomputing\.(?:com|cn|app|us)|amazonaws\.com(?:\.cn)?"""
    r"""|core\.windows\.net|storage\.googleapis\.com|relational\.ai|relationalai\.com))(?::\d+)?(?![\w-])"""
)
# How the libraries under HTTP clients say where they could not connect to.
_POOL = re.compile(r"""host='([^']+', port=\d+)""")
_HOST = re.compile(r"(?i)(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)+|localhost|[a-z0-9_-]+(?=:))(?::\d+)?")
_ACCOUNT_HOST = re.compile(
    r"(?i)(?<![\w.-])([\w-]+)((?:\.[\w-]+)*?)(?:\.privatelink)?\.snowflakecomputing\.\w+"
)


def _is_name(text: str) -> bool:
    return (
        0 < len(text) <= _LONGEST_NAME
        and not any(each.isspace() for each in text)
        and text.lower() not in ("null", "none", "?", "true", "false")
    )


def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None


def _hosts(text: str) -> Iterable[Hit]:
    if "." not in text and "://" not in text and "host=" not in text and "/" not in text:
        return []
    found = [
        Hit(*match.span(1), HOST)
        for regex in (_URL, _POOL)
        for match in regex.finditer(text)
        if not match[1].endswith("recorded.invalid")
    ]
    taken = [(hit.start, hit.end) for hit in found]
    found += [
        hit
        for hit in cloud_hosts(text)
        if not any(start <= hit.start < end for start, end in taken)
    ]
    return found


def cloud_hosts(text: str) -> Iterable[Hit]:
    """Return hosts of Snowflake, of RelationalAI and of stores of files, also outside of URLs."""
    return [Hit(*match.span(), HOST) for match in _CLOUD.finditer(text)] if "." in text else []


@dataclass(frozen=True)
class _Accounts(Rule):
    """Accounts by their keys, and by the names of their hosts, which are left to be replaced."""

    name: str
    keys: KeyRule

    def apply(self, interaction: Interaction, marks: Marks) -> Interaction:
        """Return the interaction with marks for accounts; learn those that hosts tell."""

        def leaf(_: Place, value: Leaf) -> Tree:
            if isinstance(value, str) and "snowflakecomputing" in value.lower():
                for match in _ACCOUNT_HOST.finditer(value):
                    for spelled in _spellings(match[1], match[2]):
                        marks.learn(spelled, "account")
            return value

        return self.keys.apply(rewalked(interaction, leaf), marks)


def _spellings(name: str, region: str) -> Iterable[str]:
    yield name
    if region:
        yield name + region
    # A host has hyphens where the account's own name has underscores, or a point after its
    # organisation.
    if "-" in name:
        yield name.replace("-", "_")
        yield name.replace("-", ".", 1)


USERS = KeyRule("users", USER_KEYS, "user", in_queries=True, fits=_is_name)
ACCOUNTS = _Accounts(
    "accounts", KeyRule("accounts", ACCOUNT_KEYS, "account", in_queries=True, fits=_is_name)
)
HOSTS = KeyRule("hosts", HOST_KEYS, HOST, in_queries=True, fits=_is_host, beside=_hosts)
"""Hosts with their ports: of every URL, of Snowflake and its clouds, and under their keys."""
