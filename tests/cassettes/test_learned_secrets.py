"""Secrets that only a connection's arguments hold, echoed by a backend, are not written."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from rai_jobs_cassettes import use_cassette
from rai_jobs_fakes import FakeBackend

CONNECTOR: Any = import_module("snowflake.connector")
PASSWORD = "correct horse battery"


@pytest.mark.parametrize("name", ["password", "token", "passcode"])
def test_what_a_connection_is_opened_with_is_replaced_wherever_it_is_echoed(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    backend = FakeBackend()
    backend.add_user("ann", password=PASSWORD)
    secret = PASSWORD if name == "password" else f"sesame-of-{name}"

    def play(secret: str) -> list[object]:
        given = {**parameters, **({} if name == "password" else {name: secret})}
        if name == "password":
            given["password"] = secret
        connection: Any = CONNECTOR.connect(**given)
        cursor = connection.cursor()
        row = cursor.execute(f"select '{secret}' as a").fetchall()
        with pytest.raises(CONNECTOR.errors.ProgrammingError) as caught:
            cursor.execute(f'select * from "{secret}".api.jobs')  # noqa: S608
        connection.close()
        return [row, str(caught.value.raw_msg)]

    with backend.serve() as server:
        parameters = server.connection_parameters("ann")
        with use_cassette(path, mode="all", clock=backend.clock):
            told = play(secret)
    assert secret in repr(told)
    assert secret not in path.read_text(encoding="utf-8")
    parameters = {"account": parameters["account"], "user": "ann", "password": "p", "port": 1}
    with use_cassette(path, clock=FakeBackend().clock):
        again = play("another one")
    assert again[0] == [("another one",)]
