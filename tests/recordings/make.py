"""Makes the shipped recordings: our own server on real sockets, a virtual clock, each transport.

    python -m tests.recordings.make [folder]

They are byte-identical whenever they are made again: nothing of the machine, the day, or the
versions installed is in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import rai_jobs_cassettes
from rai_jobs import Config, connect_sync
from rai_jobs.client import JobsClientSync
from rai_jobs.http.discovery import EndpointCache
from rai_jobs_cassettes import Interaction, use_cassette
from rai_jobs_cassettes.interactions import Tree
from rai_jobs_fakes import FakeBackend, WireSettings
from rai_jobs_fakes.doors.server import FakeServer

from .stories import STORIES, Story

__all__ = ["FOLDER", "TRANSPORTS", "backend_of", "make_all", "name_of"]

FOLDER = Path(rai_jobs_cassettes.__file__).parent / "recordings"
SOURCE = "the fake backend of rai-jobs: no account was recorded"
# No versions: what is installed is another in each environment, and what was answered is not.
RECORDED_WITH = {"rai-jobs": "the fake"}

Settings = Callable[[FakeServer], dict[str, Any]]


def _http(server: FakeServer) -> dict[str, Any]:
    return {"base_url": server.url, "token": server.token("ann")}


def _sql(server: FakeServer) -> dict[str, Any]:
    return {"connection": server.connection_parameters("ann")}


def _mixed(server: FakeServer) -> dict[str, Any]:
    return {**_sql(server), "direct_access": True, "token": server.token("ann")}


TRANSPORTS: dict[str, Settings] = {"http": _http, "sql": _sql, "mixed": _mixed}


def name_of(story: str, transport: str) -> str:
    """Return the name of a recording's file."""
    return f"{story}-over-{transport}.yaml"


def backend_of(story: Story) -> FakeBackend:
    """Return a backend on which the story can happen: the same each time."""
    backend = FakeBackend(seed=7, wire=WireSettings(session_token_s=86_400, master_token_s=864_000))
    story.stage(backend)
    return backend


def client_of(settings: dict[str, Any], backend: FakeBackend) -> JobsClientSync:
    """Return a client with settings, on the backend's clock."""
    return connect_sync(config=Config(**settings), clock=backend.clock).jobs


def of_any_connector(interaction: Interaction) -> Interaction:
    """Leave out what the connector's majors tell differently of one and the same answer.

    The connector 5 shows the size of a text as its display size too, where 4 shows none; 4 keeps a
    tag of queries that nobody set as an empty one, where 5 keeps none.
    """
    response = dict(interaction.response)
    columns, session = response.get("columns"), response.get("session")
    if isinstance(columns, list):
        response["columns"] = [
            {name: value for name, value in each.items() if name != "display_size"}
            for each in columns
            if isinstance(each, dict)
        ]
    if isinstance(session, dict) and isinstance(session.get("parameters"), dict):
        parameters = {
            name: value
            for name, value in cast("dict[str, Tree]", session["parameters"]).items()
            if (name, value) != ("QUERY_TAG", "")
        }
        response["session"] = {**session, "parameters": parameters}
    return replace(interaction, response=response)


def make(story: Story, transport: str, path: Path) -> object:
    """Record one story, and return what the client saw."""
    backend = backend_of(story)
    EndpointCache.forget_all()
    with (
        backend.serve() as server,
        use_cassette(
            path,
            mode="all",
            clock=backend.clock,
            sanitizers=[of_any_connector],
            source=SOURCE,
            recorded_with=RECORDED_WITH,
        ),
    ):
        client = client_of(TRANSPORTS[transport](server), backend)
        try:
            return story.tell(client, backend.clock)
        finally:
            client.close()


def make_all(folder: Path) -> None:
    """Record every story over each transport into a folder, and nothing else there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for name, story in STORIES.items():
        for transport in TRANSPORTS:
            make(story, transport, folder / name_of(name, transport))


if __name__ == "__main__":
    make_all(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
