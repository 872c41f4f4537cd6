"""What was raised comes back as it was to whoever catches it, and a file names nothing else."""

from __future__ import annotations

import http.client
import ssl

import httpx
import pytest
import urllib3.exceptions

from rai_jobs_cassettes.errors import CassetteError
from rai_jobs_cassettes.http.raised import error_of, raised_of


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError("timed out"),
        OSError("plain"),
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
        http.client.RemoteDisconnected("gone"),
        http.client.IncompleteRead(b"ab", 3),
        http.client.BadStatusLine("x"),
        httpx.ConnectError("no"),
        httpx.StreamConsumed(),
        urllib3.exceptions.ReadTimeoutError(None, "/a", "late"),  # pyright: ignore[reportArgumentType]
        ValueError("odd"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        Exception("any"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_was_raised_is_raised_again(error: Exception) -> None:
    again = error_of(raised_of(error))
    assert isinstance(again, type(error))
    assert type(again).__name__ == type(error).__name__
    assert str(again) == str(error)
    if isinstance(error, OSError) and isinstance(again, OSError):
        assert again.errno == error.errno


def test_where_an_object_lay_is_not_recorded() -> None:
    message = "<HTTPConnection object at 0x7f00Ab>: failed"
    assert raised_of(OSError(message))["message"] == "<HTTPConnection object>: failed"


def test_a_class_of_the_clients_own_is_that_of_the_library() -> None:
    class Own(httpx.ReadTimeout):
        """Derived by a user."""

    assert raised_of(Own("late")) == {"raised": "httpx.ReadTimeout", "message": "late"}


def test_a_class_of_nobody_known_is_refused_when_it_is_replayed() -> None:
    class Own(Exception):
        """A user's."""

    with pytest.raises(CassetteError, match=r"Own' was raised, which is of no library"):
        error_of(raised_of(Own("x")))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("os.system", "of no library"),
        ("subprocess.Popen", "of no library"),
        ("eval", "no exception"),
        ("SystemExit", "no exception"),
        ("http.client.HTTPConnection", "no exception"),
        ("httpx.Nothing", "not installed"),
        ("httpx.a b", "of no library"),
        ("", "of no library"),
        ("httplib2.nowhere.Error", "not installed"),
    ],
)
def test_a_file_can_name_nothing_but_exceptions_of_http(name: str, told: str) -> None:
    with pytest.raises(CassetteError, match=told):
        error_of({"raised": name, "message": "x"})
