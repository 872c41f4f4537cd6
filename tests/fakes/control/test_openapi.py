"""The OpenAPI document: whole, and of what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from rai_jobs_fakes.control.openapi import document
from rai_jobs_fakes.control.routes import ROUTES, Route
from rai_jobs_fakes.faults.fault import FaultKind
from rai_jobs_fakes.faults.which import FACES, OPERATIONS, FaultOptions

from .talking import Control


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in cast("dict[str, object]", value).items():
            if name == "$ref":
                yield str(each)
            yield from references(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from references(each)


def resolved(reference: str) -> Any:
    found: Any = document()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_it_is_served_as_it_is() -> None:
    answer = Control().get("/control/openapi.json")
    assert answer.json == json.loads(json.dumps(document()))
    assert answer.json["openapi"] == "3.1.0"


def test_it_has_every_route_and_no_other() -> None:
    told = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if path.startswith("/control")
    }
    assert told == {(route.method, route.path) for route in ROUTES}
    assert {"/healthz", "/readyz"} < set(document()["paths"])


def test_every_reference_leads_somewhere_and_every_operation_has_its_own_name() -> None:
    found = list(references(document()))
    assert len(found) > 50
    assert all(resolved(each) for each in found)
    names = [
        operation["operationId"]
        for methods in document()["paths"].values()
        for operation in methods.values()
        if "operationId" in operation
    ]
    assert len(set(names)) == len(names) == len(ROUTES)


def test_it_says_what_the_words_of_a_fault_are() -> None:
    schemas = document()["components"]["schemas"]
    kinds = {
        schema["properties"]["kind"]["const"]
        for name, schema in schemas.items()
        if name.endswith("Said") and "kind" in schema["properties"]
    }
    assert kinds == {kind.value for kind in FaultKind}
    options = schemas["HttpSaid"]["properties"]
    assert tuple(options["face"]["anyOf"][0]["enum"]) == FACES
    assert all(f'"{word}"' in json.dumps(options["operation"]) for word in OPERATIONS)
    assert set(FaultOptions.__annotations__) < set(options)


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.told is not None],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_every_answer_in_json_has_a_schema(route: Route) -> None:
    operation = document()["paths"][route.path][route.method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert resolved(schema["$ref"])["type"] == "object"
