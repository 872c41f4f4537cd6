"""The OpenAPI 3.1 document of the control API, made from its routes and their models."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from rai_jobs.version import __version__

from .answers import ErrorTold, HealthTold
from .namespaces import HEADER
from .routes import ROUTES, Route

__all__ = ["HEALTH_PATHS", "document"]

HEALTH_PATHS = {"/healthz": "Tell whether it answers.", "/readyz": "Tell whether it is ready."}
"""What needs no token and has no namespace, with what it says."""


_REF = "#/components/schemas/{model}"


@cache
def document() -> dict[str, Any]:
    """Return the document, as JSON; whoever gets it changes nothing in it."""
    bodies = {each.path: TypeAdapter[Any](each.body) for each in ROUTES if each.body is not None}
    told: list[type[BaseModel]] = [each.told for each in ROUTES if each.told is not None]
    _, schemas = models_json_schema(
        [(model, "serialization") for model in dict.fromkeys([*told, ErrorTold, HealthTold])],
        ref_template=_REF,
    )
    components: dict[str, Any] = dict(schemas["$defs"])
    said: dict[str, Any] = {}
    for path, adapter in bodies.items():
        schema = adapter.json_schema(ref_template=_REF)
        components.update(schema.pop("$defs", {}))
        said[path] = schema
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, said)
    for path, says in HEALTH_PATHS.items():
        answers: dict[str, Any] = {"200": {"description": "So.", "content": _content(HealthTold)}}
        if path == "/readyz":
            stopping = {"description": "It is about to stop.", "content": _content(ErrorTold)}
            answers["503"] = stopping
        paths[path] = {"get": {"summary": says, "responses": answers, "security": []}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "rai-jobs fake: control API",
            "version": __version__,
            "description": "What a test in another process says to a served backend.",
        },
        "security": [{"control_token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"control_token": {"type": "http", "scheme": "bearer"}},
            "parameters": {
                "namespace": {
                    "name": HEADER.title(),
                    "in": "header",
                    "description": "The namespace; `default` when left out.",
                    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
                }
            },
        },
    }


def _operation(route: Route, said: dict[str, Any]) -> dict[str, Any]:
    content = {} if route.told is None else _content(route.told)
    content.update({form: {"schema": {"type": "string"}} for form in route.forms})
    wrong = {"description": "Not carried out, and why.", "content": _content(ErrorTold)}
    operation: dict[str, Any] = {
        "summary": route.says,
        "operationId": _identifier(route),
        "parameters": [
            {"$ref": "#/components/parameters/namespace"},
            *(
                {
                    "name": name.strip("{}"),
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string"},
                }
                for name in route.names
                if name.startswith("{")
            ),
            *_query(route),
        ],
        "responses": {
            "200": {"description": "Carried out.", "content": content},
            "default": wrong,
        },
    }
    if route.body is not None:
        body = {"required": True, "content": {"application/json": {"schema": said[route.path]}}}
        operation["requestBody"] = body
    return operation


def _query(route: Route) -> list[dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = route.query.model_json_schema().get("properties", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.pop("description", ""),
            "schema": schema,
        }
        for name, schema in fields.items()
    ]


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}


def _identifier(route: Route) -> str:
    words = [name.strip("{}") for name in route.names[1:]]
    return "_".join([route.method.lower(), *words])
