"""The public names, by a list of their own."""

from __future__ import annotations

from types import FunctionType

import pytest

import rai_jobs

NAMES = [
    "AppMissingError",
    "ClientAuthError",
    "ClientError",
    "ClientEvent",
    "ClientInvalidRequestError",
    "ClientNotFoundError",
    "ClientNotReadyError",
    "ClientServerError",
    "ClientSync",
    "ClientTimeoutError",
    "ClientUnknownError",
    "Clock",
    "Config",
    "ConnectorExecutor",
    "HttpJobsGateway",
    "HybridJobsGateway",
    "Job",
    "JobAuthError",
    "JobCapabilityError",
    "JobClientDisconnectedError",
    "JobConfigurationError",
    "JobError",
    "JobEvents",
    "JobExpanded",
    "JobExpansionWarning",
    "JobIncludeDict",
    "JobInvalidRequestError",
    "JobNotFoundError",
    "JobNotReadyError",
    "JobOperationSync",
    "JobRecord",
    "JobServerError",
    "JobTimeoutError",
    "JobUnknownError",
    "JobsClientSync",
    "JobsGatewaySync",
    "Observer",
    "Operation",
    "RetryPolicy",
    "SessionExecutor",
    "SqlJobsGateway",
    "StaticTokenAuth",
    "SystemClock",
    "__version__",
    "compose_payload",
    "connect_sync",
    "from_session_sync",
    "make_job_payload",
    "make_txn_payload",
    "otel_observer",
]


def test_the_public_names_are_these() -> None:
    assert rai_jobs.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_leads_to_what_bears_it(name: str) -> None:
    value = getattr(rai_jobs, name)
    assert getattr(rai_jobs, name) is value
    if isinstance(value, (type, FunctionType)) and name != "Observer":  # an alias
        assert value.__name__ == name


def test_dir_shows_every_public_name() -> None:
    assert set(NAMES) <= set(dir(rai_jobs))


def test_a_star_brings_the_public_names() -> None:
    brought: dict[str, object] = {}
    exec("from rai_jobs import *", brought)  # noqa: S102 - it is not allowed in a function
    assert set(brought) - {"__builtins__"} == set(NAMES)


@pytest.mark.parametrize("name", ["Jobs", "job", "_private", "__nothing__", "httpx", ""])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'rai_jobs' has no attribute '{name}'"):
        getattr(rai_jobs, name)
