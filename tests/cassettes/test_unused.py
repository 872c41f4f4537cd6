"""What was recorded and never asked for is told without reading all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rai_jobs_cassettes.errors import UnusedRecordingError
from rai_jobs_cassettes.format import Stored, dumps
from rai_jobs_cassettes.interactions import Header, Interaction
from rai_jobs_cassettes.replay.views import key_of
from rai_jobs_cassettes.use import use_cassette

from .replaying import get


def test_of_many_that_nobody_asked_for_those_are_read_that_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.yaml"
    recorded = [get(f"/{number}", number) for number in range(50)]
    path.write_bytes(
        dumps(Header("2026-01-01"), [(each, key_of(each.kind, each.request)) for each in recorded])
    )
    read: list[int] = []
    interaction = Stored.interaction

    def counted(stored: Stored) -> Interaction:
        read.append(stored.number)
        return interaction(stored)

    monkeypatch.setattr(Stored, "interaction", counted)
    with pytest.raises(UnusedRecordingError, match="and 45 more"), use_cassette(path):
        pass
    assert set(read) == {1, 2, 3, 4, 5}
