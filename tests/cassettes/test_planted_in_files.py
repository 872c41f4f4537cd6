"""Secrets planted in a recording, by the recorder and its file: none is in what was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rai_jobs_cassettes import Interaction, SecretsFoundError, use_cassette
from rai_jobs_cassettes.format import open_cassette
from rai_jobs_cassettes.replay.bindings import Bindings
from rai_jobs_cassettes.replay.views import view_of
from rai_jobs_fakes import VirtualClock

from .sanitize.planting import KINDS, http
from .sanitize.test_planted_secrets import known, leaked, matrix, recording

TOKEN = KINDS["vendor-token"].make(1)


def test_none_of_the_matrix_is_in_the_file_in_any_form(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    raw = recording()
    with use_cassette(path, mode="all", clock=VirtualClock(), secrets=known()) as cassette:
        for each in raw:
            cassette.recording.keep(each.kind, each.request, each.response)
    stored = [each.interaction() for each in open_cassette(path).stored]
    assert len(stored) == len(raw)
    assert leaked(stored) == []
    text = path.read_text(encoding="utf-8")
    assert [one.place for one in matrix() if one.secret in text] == []


def test_all_of_the_matrix_is_replayed_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    raw = recording()
    with use_cassette(path, mode="all", clock=VirtualClock(), secrets=known()) as cassette:
        for each in raw:
            cassette.recording.keep(each.kind, each.request, each.response)
    stored = [each.interaction() for each in open_cassette(path).stored]
    # Each alone: the matrix spells one secret in ways that no client would in one conversation.
    for written, each in zip(stored, raw, strict=True):
        if "/ver%3A1-" in str(each.request.get("url")):
            continue  # a session's token may hold slashes: in a path, nobody knows where it ends
        found = Bindings().unified(
            view_of(each.kind, written.request), view_of(each.kind, each.request)
        )
        assert found is not None


def test_bytes_that_were_cleaned_are_written(tmp_path: Path) -> None:
    body = b"\xff\x00/home/" + KINDS["home"].make(35).encode() + b"/model.py\x00\xfe"
    asked = http({"body": body})
    with use_cassette(tmp_path / "x.yaml", mode="all", clock=VirtualClock()) as cassette:
        # So that the stand-in has the number with which its base64 looks drawn.
        for number in range(1, 35):
            told = http({"text": f"/home/hm{number}x/model.py"})
            cassette.recording.keep(told.kind, told.request, told.response)
        cassette.recording.keep(asked.kind, asked.request, asked.response)


def test_what_the_last_scan_finds_is_not_written_but_kept_until_a_rule_is_added(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.yaml"
    asked = http({"json": {"note": TOKEN}})
    using = use_cassette(path, mode="all", clock=VirtualClock(), without=("vendor-tokens",))
    cassette = using.__enter__()
    cassette.recording.keep(asked.kind, asked.request, asked.response)
    with pytest.raises(SecretsFoundError) as caught:
        using.__exit__(None, None, None)
    assert not path.exists()
    told = str(caught.value)
    assert "vendor-tokens" in told
    assert "request.json.note" in told
    assert TOKEN not in told

    def removing(interaction: Interaction) -> Interaction:
        return replace(interaction, request={**interaction.request, "json": {"note": "gone"}})

    cassette.save(extra_sanitizers=[removing])
    assert TOKEN not in path.read_text(encoding="utf-8")
    assert "gone" in path.read_text(encoding="utf-8")
