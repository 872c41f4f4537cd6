"""What a cassette is made with is checked before any file is touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from rai_jobs_cassettes import (
    CassetteError,
    convert,
    diff,
    sanitize,
    scripts_from,
    use_cassette,
    verify,
)
from rai_jobs_fakes import FakeBackend

WRONG: Any = object()
SECRET: Any = "s3cr3t"
REFUSED: dict[str, Callable[[Path], object]] = {
    "`path` must be the path of a file": lambda path: use_cassette(WRONG),
    "`clock` must have": lambda path: use_cassette(path, clock=WRONG),
    "`strict` must be": lambda path: use_cassette(path, strict=WRONG),
    "`secrets` must be a sequence": lambda path: use_cassette(path, secrets=SECRET),
    "`secrets` must be texts": lambda path: use_cassette(path, secrets=[SECRET, WRONG]),
    "`sanitizers` must be a sequence": lambda path: use_cassette(path, sanitizers=WRONG),
    "`sanitizers` must be rules": lambda path: use_cassette(path, sanitizers=[SECRET]),
    "`allowed` must be a sequence": lambda path: use_cassette(path, allowed="abc"),
    "`allowed` must be texts": lambda path: use_cassette(path, allowed=[WRONG]),
    "`without` must be one of": lambda path: use_cassette(path, without=[WRONG]),
    "`source` must be the path": lambda path: convert(WRONG, path),
    "`target` must be the path": lambda path: convert(path, WRONG),
    "`extra_sanitizers` must be": lambda path: convert(path, path, extra_sanitizers=WRONG),
    "A recording is the path of a file": lambda path: verify(WRONG, FakeBackend()),
    "`backend` must be a fake": lambda path: verify(path, WRONG),
    "got JobsClientSync": lambda path: verify(path, cast("Any", FakeBackend().jobs())),
    "or interactions; got object": lambda path: diff([WRONG], path),
    "`ignore` must be a sequence": lambda path: diff([], [], ignore=WRONG),
    "or interactions; got int": lambda path: scripts_from(WRONG.__sizeof__()),
    "`values` must be texts": lambda path: sanitize.known(WRONG),
    "`name` must be text": lambda path: sanitize.header(WRONG),
    "`path` must be text": lambda path: sanitize.body(WRONG),
    "`regex` must be text": lambda path: sanitize.pattern(WRONG, kind="secret"),
    "`secrets` must be a sequence of": lambda path: sanitize.sanitize([], secrets=SECRET),
    "`without` must be a sequence": lambda path: use_cassette(path, without=WRONG),
    "`source` must be text": lambda path: use_cassette(path, source=WRONG),
    "`recorded_with` must map": lambda path: use_cassette(path, recorded_with=WRONG),
    "`secrets` must be a sequence of texts": lambda path: convert(path, path, secrets=SECRET),
    "`recorded_on` must be text": lambda path: convert(path, path, recorded_on=WRONG),
}


@pytest.mark.parametrize("told", REFUSED)
def test_a_wrong_argument_is_named_and_no_file_is_made(told: str, tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match=re.escape(told)) as caught:
        REFUSED[told](tmp_path / "x.yaml")
    assert SECRET not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("secret", [b"sesame-open", b"\xff\xfe\x00sesame"])
def test_a_secret_may_be_bytes_and_is_not_written_however_it_is_spelled(
    secret: bytes, tmp_path: Path
) -> None:
    spelled = sanitize.known(secret)
    texts = [getattr(spelled, "values")[0]]  # noqa: B009 - what a rule looks for is its own
    path = tmp_path / "x.yaml"
    client = httpx.Client(
        transport=httpx.MockTransport(lambda request: httpx.Response(200, json={"told": texts}))
    )
    with use_cassette(path, mode="once", secrets=[secret]):
        assert client.get("http://a.test/").json() == {"told": texts}
    written = path.read_text(encoding="utf-8")
    assert "<secret-1>" in written
    assert not any(each in written for each in texts)
