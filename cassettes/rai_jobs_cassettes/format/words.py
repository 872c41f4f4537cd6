"""How a text, a number or any other leaf is spelled, and what a spelling means.

One table for the writer and both readers. Text stands as it is where no reader of YAML 1.1 or 1.2
takes it for anything else, and where every character of it can be seen; else it stands in quotes.
What YAML has no word for bears a tag of ours.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from ..interactions import Leaf

__all__ = [
    "BARE_TAGGED",
    "BINARY",
    "DEEPEST",
    "ESCAPED",
    "FIXED",
    "FLOAT",
    "INTEGER",
    "KEY",
    "MEANING",
    "PLAIN",
    "RESERVED",
    "UNSEEN",
    "number_of",
    "tagged",
    "word_of_float",
    "word_of_integer",
]

DEEPEST = 200
"""How many levels of lists and mappings a file may have."""

# What a reviewer sees as it is: no controls, no marks of direction, nothing of no width, no breaks.
_VISIBLE = (
    "!-~\u00a1-\u00ac\u00ae-\u061b\u061d-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ud7ff"
    "\ue000-\ufefe\uff00-\ufff8\ufffc-\ufffd\U00010000-\U000dffff\U000e1000-\U0010ffff"
)
UNSEEN = re.compile(f"[^\\t\\n {_VISIBLE}]")
"""A character that is escaped wherever it stands."""

# The same without colon, and without number sign: neither may follow what it would end.
_NO_COLON = _VISIBLE.replace("!-~", "!-9;-~")
_NO_SHARP = _VISIBLE.replace("!-~", '!"$-~')
PLAIN = re.compile(
    f"[A-Za-z_/<\u00a1-\u00ac\u00ae-\u061b\u061d-\u1fff][{_NO_COLON}]*"
    f"(?:(?::(?=[{_VISIBLE}])| (?=[{_NO_SHARP}]))[{_NO_COLON}]*)*"
)
"""What may stand without quotes, `RESERVED` excepted; as a whole."""

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""What may stand without quotes before a colon, `RESERVED` excepted; as a whole."""

# Words that YAML 1.1 or 1.2 takes for something else than text, in lower case.
RESERVED = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "<<"))

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"-?[0-9]+\.[0-9]+(?:e[+-][0-9]+)?")
BARE_TAGGED = re.compile(r"[0-9A-Za-z.+-]+(?::[0-9A-Za-z.+-]+)*")
"""What stands without quotes after a tag of ours."""

FIXED: Mapping[str, Leaf] = {
    "null": None,
    "true": True,
    "false": False,
    ".nan": float("nan"),
    ".inf": float("inf"),
    "-.inf": float("-inf"),
}

_LOOSE_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_HEXADECIMAL = re.compile(r"([-+]?)0x([0-9a-fA-F]+)")
_LOOSE_FLOAT = re.compile(
    r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)"
)
_LOOSE_FIXED: Mapping[str, Leaf] = {
    **FIXED,
    **dict.fromkeys(("", "~", "Null", "NULL")),
    **dict.fromkeys(("True", "TRUE"), True),
    **dict.fromkeys(("False", "FALSE"), False),
    **dict.fromkeys((".NaN", ".NAN"), FIXED[".nan"]),
    **dict.fromkeys((".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), FIXED[".inf"]),
    **dict.fromkeys(("-.Inf", "-.INF"), FIXED["-.inf"]),
}

# Python reads no longer ones from decimal digits, to be safe from slow ones.
_MOST_DIGITS = 4_000
_MOST_DECIMAL_BITS = 13_000
_SECONDS = re.compile(r"(-?)([0-9]+)\.([0-9]{6})")
_MICROSECOND = timedelta(microseconds=1)
_FINE_ZONE = re.compile(r"([+-])([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{6})\Z")
_ESCAPES = re.compile(
    r"(?:[ -\[\]-~]|\\(?:[\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U000[0-9a-f]{5}|U0010[0-9a-f]{4}))*"
)

BINARY = "!!binary"
ESCAPED = "!escaped"


def number_of(word: str) -> Leaf | str:
    """Return what a bare word means that somebody may have written by hand: itself, mostly."""
    if word in _LOOSE_FIXED:
        return _LOOSE_FIXED[word]
    if _LOOSE_INTEGER.fullmatch(word):
        if len(word) > _MOST_DIGITS:
            raise ValueError(f"a number of {len(word)} digits; write it in hexadecimal")
        return int(word)
    if hexadecimal := _HEXADECIMAL.fullmatch(word):
        whole = int(hexadecimal[2], 16)
        return -whole if hexadecimal[1] == "-" else whole
    return float(word) if _LOOSE_FLOAT.fullmatch(word) else word


def word_of_integer(value: int) -> str:
    """Return the word of a whole number, however large."""
    return hex(value) if value.bit_length() > _MOST_DECIMAL_BITS else int.__repr__(value)


def word_of_float(value: float) -> str:
    """Return the word of a number; it means exactly the same number again."""
    if value != value:
        return ".nan"
    if value in {float("inf"), float("-inf")}:
        return ".inf" if value > 0 else "-.inf"
    word = float.__repr__(value)
    # A reader of YAML 1.1 takes a number without a point for text.
    return word if "." in word else word.replace("e", ".0e")


def tagged(value: object) -> tuple[str, str] | None:
    """Return tag and word of a leaf that YAML has no word for; `None` for anything else."""
    if isinstance(value, Decimal):
        return "!decimal", str(value)
    if isinstance(value, datetime):
        return "!datetime", datetime.isoformat(value)
    if isinstance(value, date):
        return "!date", value.isoformat()
    if isinstance(value, time):
        return "!time", value.isoformat()
    if isinstance(value, timedelta):
        micros = value // _MICROSECOND
        seconds, rest = divmod(abs(micros), 1_000_000)
        return "!seconds", f"{'-' if micros < 0 else ''}{seconds}.{rest:06d}"
    if isinstance(value, bytes):
        return BINARY, base64.b64encode(value).decode("ascii")
    return None


def _decimal(word: str) -> Decimal:
    try:
        return Decimal(word)
    except InvalidOperation as error:
        raise ValueError("no decimal number") from error


def _datetime(word: str) -> datetime:
    zone = _FINE_ZONE.search(word)
    if zone is None:
        return datetime.fromisoformat(word)
    return datetime.fromisoformat(word[: zone.start()]).replace(tzinfo=_fine_zone(zone))


def _time(word: str) -> time:
    zone = _FINE_ZONE.search(word)
    if zone is None:
        return time.fromisoformat(word)
    return time.fromisoformat(word[: zone.start()]).replace(tzinfo=_fine_zone(zone))


def _fine_zone(found: re.Match[str]) -> timezone:
    # Python itself takes a zone that is off by less than a second for UTC.
    sign, hours, minutes, seconds, micros = found.groups()
    off = timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=int(micros)
    )
    return timezone(-off if sign == "-" else off)


def _seconds(word: str) -> timedelta:
    found = _SECONDS.fullmatch(word)
    if found is None:
        raise ValueError("no seconds with six digits after the point")
    micros = int(found[2]) * 1_000_000 + int(found[3])
    try:
        return timedelta(microseconds=-micros if found[1] else micros)
    except OverflowError as error:
        raise ValueError("more seconds than there can be") from error


def _binary(word: str) -> bytes:
    try:
        return base64.b64decode("".join(word.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _escaped(word: str) -> str:
    if not _ESCAPES.fullmatch(word):
        raise ValueError("an escape that Python does not know, or a letter that must be escaped")
    return word.encode("ascii").decode("unicode_escape")


MEANING: Mapping[str, Callable[[str], Any]] = {
    "!decimal": _decimal,
    "!datetime": _datetime,
    "!date": date.fromisoformat,
    "!time": _time,
    "!seconds": _seconds,
    BINARY: _binary,
    ESCAPED: _escaped,
}
"""What a word means after a tag; it raises `ValueError` for one that means nothing."""
