"""Secrets of each kind, planted at each place: none is written, and all is still replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import pytest

from rai_jobs_cassettes.interactions import Interaction
from rai_jobs_cassettes.sanitize import DEFAULT, Rule, Sanitized, sanitize, scan

from .planting import (
    HOST,
    KINDS,
    PLACES,
    Planted,
    http,
    leaves_of,
    planted,
    replayed,
    spellings,
    unpacked,
)

KNOWN = "known-secrets"
# What shows to the last scan though its own sanitiser is off; of the others, names need a place
# that told them, and a value that is just known looks like nothing.
SCANNED = {
    "headers",
    "pem-blocks",
    "secret-keys",
    "query-keys",
    "presigned-urls",
    "jwts",
    "snowflake-tokens",
    "vendor-tokens",
    "aws-keys",
    "emails",
}


@cache
def matrix() -> tuple[Planted, ...]:
    return tuple(planted())


def recording() -> list[Interaction]:
    return [each for one in matrix() for each in one.interactions]


def known() -> list[str]:
    return [each.secret for each in matrix() if KINDS[each.kind].rule == KNOWN]


@cache
def sanitised() -> Sanitized:
    return sanitize(recording(), secrets=known())


def written(interactions: Iterable[Interaction]) -> str:
    """Everything that is written, what is packed unpacked."""
    texts: list[str] = []
    for leaf in leaves_of(tuple(interactions)):
        if isinstance(leaf, bytes):
            texts.append(unpacked(leaf).decode("utf-8", "replace"))
        else:
            texts.append(str(leaf))
    return "\n".join(texts)


def leaked(interactions: Iterable[Interaction]) -> list[Planted]:
    text = written(interactions)
    lower = text.lower()

    def shows(one: Planted) -> bool:
        if KINDS[one.kind].any_case:
            return any(form.lower() in lower for form in spellings(one.secret))
        return any(form in text for form in spellings(one.secret))

    return [one for one in matrix() if shows(one)]


def without(name: str) -> Sequence[Interaction]:
    rules = [rule for rule in DEFAULT if rule.name != name]
    secrets = [] if name == KNOWN else known()
    return sanitize(recording(), secrets=secrets, defaults=rules).interactions


def test_more_than_two_hundred_are_planted_and_all_show_before_they_are_replaced() -> None:
    assert len(matrix()) == len(KINDS) * len(PLACES) > 400
    assert len({one.secret for one in matrix()}) == len(matrix())
    assert leaked(recording()) == list(matrix())


def test_none_is_left_in_any_form() -> None:
    shown = [(one.kind, one.place) for one in leaked(sanitised().interactions)]
    assert shown == []


def test_each_is_still_replayed_and_equal_values_stay_equal() -> None:
    raw = recording()
    bound: dict[str, str] = {}
    for safe, one in zip(sanitised().interactions, raw, strict=True):
        for leaf, was in zip(leaves_of(safe), leaves_of(one), strict=True):
            assert replayed(leaf, was, bound)
    assert len(set(bound.values())) == len(bound)


def test_what_is_sanitised_is_changed_no_more() -> None:
    safe = sanitised()
    assert sanitize(safe.interactions, secrets=known()).interactions == safe.interactions


def test_it_is_the_same_each_time() -> None:
    assert sanitize(recording(), secrets=known()) == sanitised()


def test_the_last_scan_is_content() -> None:
    assert scan(sanitised().interactions) == ()


@pytest.mark.parametrize("name", [*(rule.name for rule in DEFAULT), KNOWN])
def test_without_a_sanitiser_its_secrets_are_left(name: str) -> None:
    safe = without(name)
    left = Counter(KINDS[one.kind].rule for one in leaked(safe))
    assert left[name] > 0
    assert set(left) == {name}
    found = {each.kind for each in scan(safe)}
    assert (name in found) == (name in SCANNED)


def test_a_scan_tells_the_password_of_a_url() -> None:
    # In the matrix it is taken for half of an e-mail address.
    (found,) = scan([http({"url": "https://zoe:hunter2hunter2@srv:8080/"})])
    assert (found.kind, found.place) == ("url-users", "interaction 1, request.url")


@pytest.mark.parametrize("rule", DEFAULT, ids=lambda rule: rule.name)
def test_no_rule_alone_shows_what_it_found(rule: Rule) -> None:
    safe = sanitize(recording(), defaults=[rule])
    assert safe.names == (rule.name,)
    text = f"{safe!r}{safe.interactions[0]!r}{rule!r}"
    assert not any(one.secret in text for one in matrix())
    assert HOST not in text
