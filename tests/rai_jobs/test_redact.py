"""What may be shown of text that came from outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rai_jobs.redact import EXCERPT_LENGTH, excerpt, redacted

SECRET = "s3cret"
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.{SECRET}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide: a=b, x?y", "nothing to hide: a=b, x?y"),
        (f"https://s.test/a/b?sig={SECRET}&e=1 next", "https://s.test/a/b?<redacted> next"),
        (f'{{"url": "http://s.test/a?x={SECRET}"}}', '{"url": "http://s.test/a?<redacted>"}'),
        (f"<a href='https://s.test/?{SECRET}'>", "<a href='https://s.test/?<redacted>'>"),
        (f"https://ann:{SECRET}@s.test/a", "https://<redacted>@s.test/a"),
        (f"http://{SECRET}@s.test", "http://<redacted>@s.test"),
        (f"https://ann:{SECRET}@s.test/?{SECRET}", "https://<redacted>@s.test/?<redacted>"),
        (f'Snowflake Token="{SECRET}"', "Snowflake Token=<redacted>"),
        (f"snowflake token = {SECRET}, more", "snowflake token = <redacted>, more"),
        (f"TOKEN={SECRET}; more", "TOKEN=<redacted>; more"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer <redacted>"),
        (f"got {JWT} from ann", "got <redacted> from ann"),
        ("https://s.test/plain and ann@s.test", "https://s.test/plain and ann@s.test"),
    ],
)
def test_secrets_are_replaced_and_the_rest_stays(text: str, shown: str) -> None:
    assert redacted(text) == shown
    assert redacted(shown) == shown


def test_an_excerpt_is_one_line() -> None:
    assert excerpt("  one\n\n two\tthree\r\n") == "one two three"


@pytest.mark.parametrize(
    ("length", "limit", "shown"),
    [
        (EXCERPT_LENGTH, EXCERPT_LENGTH, "x" * EXCERPT_LENGTH),
        (EXCERPT_LENGTH + 1, EXCERPT_LENGTH, "x" * EXCERPT_LENGTH + "…"),
        (11, 10, "x" * 10 + "…"),
        (0, 10, ""),
    ],
)
def test_an_excerpt_is_cut_at_its_limit(length: int, limit: int, shown: str) -> None:
    assert excerpt("x" * length, limit) == shown


@pytest.mark.parametrize("before", range(0, EXCERPT_LENGTH + 20, 7))
@pytest.mark.parametrize(
    "secret",
    [
        f"https://s.test/a?sig={SECRET}",
        f"https://ann:{SECRET}@s.test",
        f'Token="{SECRET}"',
        JWT,
    ],
)
def test_a_secret_at_the_cut_is_replaced_before_it_is_cut(before: int, secret: str) -> None:
    shown = excerpt("x" * before + f" {secret}")
    assert "s3" not in shown
    assert "RSUzI" not in shown


@given(st.text(), st.integers(1, 300))
def test_an_excerpt_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit + 1
