"""Recorded interactions in memory, for tests of what plays them."""

from __future__ import annotations

from dataclasses import dataclass

from rai_jobs_cassettes.interactions import Interaction, Kind, Tree
from rai_jobs_cassettes.replay.views import key_of


@dataclass
class Held:
    """An interaction as a file holds it: read when asked for."""

    held: Interaction
    key: str
    read: int = 0

    @property
    def kind(self) -> Kind:
        return self.held.kind

    def interaction(self) -> Interaction:
        self.read += 1
        return self.held


def held(*interactions: Interaction) -> list[Held]:
    return [Held(each, key_of(each.kind, each.request)) for each in interactions]


def get(
    path: str, answer: Tree, *, at: float = 0.0, host: str = "host-1.recorded.invalid"
) -> Interaction:
    return Interaction(
        at,
        "http",
        {"method": "GET", "url": f"https://{host}{path}"},
        {"status": 200, "json": answer},
    )


def call(statement: str, *binds: Tree, rows: Tree = None, at: float = 0.0) -> Interaction:
    return Interaction(
        at,
        "sql",
        {"call": "execute", "statement": statement, "binds": list(binds)},
        {"rows": rows},
    )
