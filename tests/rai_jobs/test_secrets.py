"""No token, presigned URL, JWT or URL user in whatever a user may print of ours."""

from __future__ import annotations

import copy
import json
import traceback
from collections.abc import Callable

import httpx
import pytest

from rai_jobs import (
    Config,
    HttpJobsGateway,
    JobConfigurationError,
    JobError,
    JobsClientSync,
    StaticTokenAuth,
    connect_sync,
)

from .support import OPERATIONS, READING, Operation, chain_of, gateway_over

MARK = "s3cretMARK"
JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.{MARK}"
SECRETS = {
    "token header": f'Authorization: Snowflake Token="{MARK}"',
    "token header in JSON": json.dumps({"a": f'Snowflake Token="{MARK}"'}),
    "bearer": f"Bearer {MARK}",
    "presigned url": f"https://s.test/x?sig={MARK}&e=1",
    "url user": f"https://ann:{MARK}@s.test/x",
    "jwt": f"refused {JWT} of ann",
}
BODIES: dict[str, Callable[[str], str]] = {
    "text": lambda secret: secret,
    "html": lambda secret: f"<html><pre>{secret}</pre></html>",
    "half a JSON": lambda secret: f"{{'a': '{secret}'",
    "at the cut": lambda secret: f"{'x' * 180} {secret}",
    "message": lambda secret: json.dumps({"message": secret}),
    "error and details": lambda secret: json.dumps({"error": "refused", "details": secret}),
}
EACH_SECRET = pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)


def shown(error: BaseException) -> str:
    """Return all that one sees of an error: its texts, its chain's, and its traceback."""
    texts = [f"{each} {each!r} {each.args}" for each in chain_of(error)]
    return "\n".join([*texts, *traceback.format_exception(error)])


def failure(call: Callable[[], object]) -> JobError:
    with pytest.raises(JobError) as caught:
        call()
    return caught.value


@EACH_SECRET
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500, 503])
def test_a_refusal_shows_no_secret(secret: str, body: Callable[[str], str], status: int) -> None:
    gateway = gateway_over(lambda _: httpx.Response(status, text=body(secret)), token=MARK)
    for operation in OPERATIONS.values():
        assert MARK not in shown(failure(lambda: operation.call(gateway)))  # noqa: B023


@EACH_SECRET
@pytest.mark.parametrize("operation", READING.values(), ids=READING)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_answer_that_is_not_understood_shows_no_secret(
    secret: str, operation: Operation, body: Callable[[str], str]
) -> None:
    gateway = gateway_over(lambda _: httpx.Response(200, text=body(secret)), token=MARK)
    assert MARK not in shown(failure(lambda: operation.call(gateway)))


@EACH_SECRET
@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.ProxyError])
def test_a_failing_network_shows_no_secret_of_its_own_words(
    secret: str, kind: type[httpx.TransportError]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise kind(secret)

    error = failure(lambda: gateway_over(fail, token=MARK).get("ML", "x"))
    assert MARK not in f"{error} {error!r}"


def test_no_repr_shows_the_token() -> None:
    auth, config = StaticTokenAuth(MARK), Config(base_url="http://127.0.0.1:1", token=MARK)
    gateway = HttpJobsGateway("https://backend.test", auth=auth)
    with connect_sync(config=config) as client:
        things = (
            auth,
            gateway,
            JobsClientSync(gateway),
            config,
            copy.deepcopy(config),
            config.model_dump(),
            client,
            client.jobs,
            client.jobs.config,
        )
        for thing in things:
            assert MARK not in f"{thing} {thing!r}", thing
    gateway.close()
    assert MARK not in config.model_dump_json()


@pytest.mark.parametrize(
    "base_url",
    [
        f"https://ann:{MARK}@backend.test",
        f"https://{MARK}@backend.test/path",
        f"https://backend.test?sig={MARK}",
        f"https://backend.test/path?{MARK}",
        f"backend.test?sig={MARK}",
        f"ann:{MARK}@backend.test",
        f"ftp://ann:{MARK}@backend.test",
        f"https://ann:p@{MARK}@backend.test",
        f"https://ann:p/{MARK}@backend.test",
    ],
)
def test_a_base_url_with_a_user_or_a_query_is_refused_without_showing_them(base_url: str) -> None:
    error = failure(lambda: HttpJobsGateway(base_url, auth=StaticTokenAuth("t")))
    assert isinstance(error, JobConfigurationError)
    assert MARK not in shown(error)


@pytest.mark.parametrize("token", ["", " ", f"{MARK}\nx", f"{MARK}ä", f'{MARK}"'])
def test_a_token_that_cannot_be_sent_is_refused_without_showing_it(token: str) -> None:
    error = failure(lambda: StaticTokenAuth(token))
    assert isinstance(error, JobConfigurationError)
    assert MARK not in f"{error} {error!r}"
