"""The fake under the published package's own connect, and under Snowpark, by names held before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rai_jobs_fakes import FakeBackend

from .generation import SCHEMA

published = pytest.importorskip("relationalai.client")
snowpark = pytest.importorskip("snowflake.snowpark")
context = pytest.importorskip("snowflake.snowpark.context")


def test_its_connect_sync_is_on_the_fake_until_it_is_taken_away() -> None:
    backend, real = FakeBackend(schema=SCHEMA), published.connect_sync
    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, relationalai=True)
        published.connect_sync().jobs.create("Prescriptive", "solver-1", {"n": 1})
    assert len(backend.executions) == 1
    assert published.connect_sync is real


def test_its_connect_is_on_the_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend(schema=SCHEMA)
    backend.install(monkeypatch, relationalai=True)

    async def create() -> None:
        client: Any = await published.connect()
        await client.jobs.create("Prescriptive", "solver-1", {"n": 1})

    asyncio.run(create())
    assert len(backend.executions) == 1


def test_a_session_that_is_built_is_the_active_one_and_of_the_fake() -> None:
    backend, real = FakeBackend(), context.get_active_session
    with pytest.MonkeyPatch.context() as patch:
        backend.install(patch, snowpark=True)
        session = snowpark.Session.builder.configs({"account": "a"}).create()
        assert type(session).__name__ == "FakeSession"
        assert context.get_active_session() is session
        assert snowpark.Session.builder.getOrCreate() is session
    assert context.get_active_session is real
