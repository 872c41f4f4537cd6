"""The last look over what is about to be written: what still looks like a secret, and where.

The rules that replace look once more, whichever of them was on; then those of `detect-secrets`,
where that is installed, for the tokens of services that we do not know; then entropy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import FoundSecret
from ..interactions import Interaction, Leaf
from .defaults import DEFAULT
from .entropy import KIND, random_in
from .keys import OPAQUE_KEYS, SECRET_KEYS, any_of, folded
from .marks import Marks, unmarked
from .names import cloud_hosts
from .places import KeyRule
from .recording import each_text
from .rewriting import Finder, Hit, inside_bytes, places_in
from .rules import Rule, TextRule
from .walking import KEY, Place, leaves, named

__all__ = ["scan"]

# Names need a place that tells them, and a user may want them: what looks like one is no secret.
_UNTOLD = {"users", "accounts", "hosts", "home-paths"}
_CHECKED: tuple[Rule, ...] = (
    *(each for each in DEFAULT if each.name not in _UNTOLD),
    TextRule("account-hosts", cloud_hosts),
)

_PLACED = [each for each in _CHECKED if not isinstance(each, TextRule)]

# Of `detect-secrets`: what tells a token by its form. Its words and its entropy tell ids, too.
_FORMS = (
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "IbmCloudIamDetector",
    "IbmCosHmacDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SoftlayerDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)

# A line of YAML; in a tree, its key is looked at by the rules themselves.
_LINE = re.compile(
    rf"""(?im)^[ \t-]*["']?(?P<key>{any_of(SECRET_KEYS)})["']?:[ \t]+["']?"""
    r"""(?P<value>[^\s"'|>\[{!].*?)["']?[ \t]*$"""
)
_NOTHING = {"null", "~", "true", "false"}
_BINARY_LINE = re.compile(r"(?m)(!!binary )[^|>\n].*$")
_BINARY = re.compile(r"(?m)^([ \t-]*)([^#\n]*!!binary[ \t]*[|>].*\n)((?:\1[ \t]+\S.*(?:\n|\Z))+)")


def scan(
    what: Sequence[Interaction] | str, *, allowed: Sequence[str | re.Pattern[str]] = ()
) -> tuple[FoundSecret, ...]:
    """Return what still looks like a secret, by kind and place; never the value.

    Args:
        what: a recording, or the text of a file.
        allowed: texts, or expressions for them, that are no secrets though they look so.
    """
    marks = Marks()

    def settled(text: str) -> str:
        text = marks.given(text)
        for each in allowed:
            regex = re.compile(re.escape(each)) if isinstance(each, str) else each
            text = regex.sub(lambda match: match[0] and marks.mark(match[0], "allowed"), text)
        return text

    if isinstance(what, str):
        return _in_file(settled(what))
    return _in_trees(each_text(what, settled), marks)


def _in_file(text: str) -> tuple[FoundSecret, ...]:
    text = _BINARY_LINE.sub(r"\1", text)
    # What is binary was looked at before it was one; its lines look random.
    text = _BINARY.sub(lambda found: found[1] + found[2] + "\n" * found[3].count("\n"), text)
    # Polls say the same over and over: what was looked at is not looked at again.
    numbers: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        numbers.setdefault(line, number)
    text, lines = "\n".join(numbers), list(numbers.values())
    opaque = frozenset(_opaque_in(text))
    finders = [*_finders(), ("secret-keys", _line_values), (KIND, _random_beside(opaque))]
    found: dict[FoundSecret, int] = {}
    for kind, find in finders:
        for start, _ in places_in(text, find):
            line = lines[text.count("\n", 0, start)]
            found.setdefault(FoundSecret(kind, f"line {line}"), line)
    return tuple(sorted(found, key=lambda each: found[each]))


def _in_trees(recording: Sequence[Interaction], marks: Marks) -> tuple[FoundSecret, ...]:
    opaque = frozenset(_opaque(recording))
    finders = _finders()
    random = _random_beside(opaque)
    looks: dict[tuple[str, bool], str | None] = {}

    def look(text: str, *, random_too: bool) -> str | None:
        key = (text, random_too)
        if key not in looks:
            here = [*finders, (KIND, random)] if random_too else finders
            looks[key] = next((kind for kind, find in here if any(places_in(text, find))), None)
        return looks[key]

    found: dict[tuple[int, Place], str] = {}
    keys: set[str | int] = set()
    for number, interaction in enumerate(recording, start=1):
        for rule in _PLACED:
            for place in _changed(interaction, rule.apply(interaction, marks)):
                found.setdefault((number, place), rule.name)
        for place, leaf in leaves(interaction):
            kind = _kind_in(leaf, place, look)
            if kind is not None:
                found.setdefault((number, place), kind)
                if place[-1] == KEY:
                    keys.add(str(leaf))
    return tuple(
        FoundSecret(kind, f"interaction {number}, {_shown(place, keys)}")
        for (number, place), kind in found.items()
    )


def _kind_in(leaf: Leaf, place: Place, look: Callable[..., str | None]) -> str | None:
    if isinstance(leaf, str):
        return look(leaf, random_too=not _is_opaque(place))
    if not isinstance(leaf, bytes):
        return None
    kinds: list[str] = []

    def see(text: str) -> str:
        kind = look(text, random_too=False)
        kinds.extend([] if kind is None else [kind])
        return text

    inside_bytes(leaf, see)
    return kinds[0] if kinds else None


def _changed(before: Interaction, after: Interaction) -> Iterable[Place]:
    """Return the places that a rule would have replaced."""
    if before is after:
        return []
    pairs = zip(leaves(before), leaves(after), strict=True)
    return [place for (place, old), (_, new) in pairs if old != new]


def _shown(place: Place, secret: set[str | int]) -> str:
    """Return a place in words, without keys that are secret themselves."""
    return named(tuple("…" if each in secret else each for each in place))


def _line_values(text: str) -> Iterable[Hit]:
    for match in _LINE.finditer(text):
        value = match["value"]
        # A stand-in among words is what became of credentials or a cookie.
        if value.lower() not in _NOTHING and unmarked(value) == value:
            yield Hit(*match.span("value"), "secret")


def _random_beside(opaque: frozenset[str]) -> Finder:
    """Return what finds what looks random, beside values that may."""

    def find(text: str) -> Iterable[Hit]:
        return [hit for hit in random_in(text) if text[hit.start : hit.end] not in opaque]

    return find


def _is_opaque(place: Place) -> bool:
    names = [each for each in place if isinstance(each, str)]
    return bool(names) and folded(names[-1]) in OPAQUE_KEYS


_OPAQUE_TEXT = re.compile(
    r"""(?im)(?:["'?&]|^[\s-]*)(?P<key>[\w-]{2,40})\\*["']?\s*[:=]\s*\\*["']?(?P<value>[A-Za-z0-9+/_.%=-]{12,})"""
)


def _opaque(recording: Sequence[Interaction]) -> Iterable[str]:
    """Return what stands under keys that say that it opens nothing: it may stand elsewhere too."""
    for interaction in recording:
        for place, leaf in leaves(interaction):
            if isinstance(leaf, str):
                if _is_opaque(place):
                    yield leaf
                yield from _opaque_in(leaf)


def _opaque_in(text: str) -> Iterable[str]:
    for match in _OPAQUE_TEXT.finditer(text):
        if folded(match["key"]) in OPAQUE_KEYS:
            yield match["value"]


@lru_cache(maxsize=1)
def _detectors() -> tuple[Any, ...]:
    if find_spec("detect_secrets") is None:
        return ()
    known: dict[str, Any] = import_module(
        "detect_secrets.core.plugins.util"
    ).get_mapping_from_secret_type_to_class()
    by_name = {kind.__name__: kind for kind in known.values()}
    return tuple(by_name[name]() for name in _FORMS if name in by_name)


def _finders() -> list[tuple[str, Finder]]:
    """Return all that looks at texts, by the kind that it tells."""
    found: list[tuple[str, Finder]] = [
        (rule.name, rule.find) for rule in _CHECKED if isinstance(rule, (TextRule, KeyRule))
    ]
    for detector in _detectors():
        kind = re.sub(r"[^a-z]+", "-", str(detector.secret_type).lower()).strip("-")
        found.append((kind, _by(detector)))
    return found


def _by(detector: Any) -> Finder:
    def find(text: str) -> Iterable[Hit]:
        for secret in dict.fromkeys(map(str, detector.analyze_string(text))):
            at = text.find(secret) if secret else -1
            while at >= 0:
                yield Hit(at, at + len(secret), "secret")
                at = text.find(secret, at + len(secret))

    return find
