"""The tree of errors, and their life as values."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from rai_jobs import errors
from rai_jobs.errors import (
    AppMissingError,
    ClientAuthError,
    ClientError,
    ClientInvalidRequestError,
    ClientNotFoundError,
    ClientNotReadyError,
    ClientServerError,
    ClientTimeoutError,
    ClientUnknownError,
    JobAuthError,
    JobCapabilityError,
    JobClientDisconnectedError,
    JobConfigurationError,
    JobError,
    JobExpansionWarning,
    JobInvalidRequestError,
    JobNotFoundError,
    JobNotReadyError,
    JobServerError,
    JobTimeoutError,
    JobUnknownError,
)

FAMILIES: dict[type[ClientError], set[type[JobError]]] = {
    ClientInvalidRequestError: {JobInvalidRequestError, JobCapabilityError, JobConfigurationError},
    ClientNotFoundError: {JobNotFoundError},
    ClientNotReadyError: {JobNotReadyError},
    ClientTimeoutError: {JobTimeoutError},
    ClientServerError: {JobServerError, JobClientDisconnectedError},
    ClientAuthError: {JobAuthError, AppMissingError},
    ClientUnknownError: {JobUnknownError},
}
OF_JOBS = [kind for kinds in FAMILIES.values() for kind in kinds]
CLASSES = {kind for kind in vars(errors).values() if isinstance(kind, type)}


def test_the_tree_holds_every_error_there_is() -> None:
    drawn = {ClientError, JobError, JobExpansionWarning, *FAMILIES, *OF_JOBS}
    assert {kind for kind in CLASSES if issubclass(kind, Exception)} == drawn
    assert sorted(errors.__all__) == sorted(kind.__name__ for kind in drawn)


@pytest.mark.parametrize("kind", OF_JOBS, ids=lambda kind: kind.__name__)
def test_an_error_is_of_this_package_and_of_its_one_family(kind: type[JobError]) -> None:
    assert issubclass(kind, JobError)
    assert {family for family in FAMILIES if issubclass(kind, family)} == {
        family for family, kinds in FAMILIES.items() if kind in kinds
    }


def test_a_family_is_not_of_this_package() -> None:
    for family in FAMILIES:
        assert issubclass(family, ClientError)
        assert not issubclass(family, JobError)


def test_only_a_disconnected_client_is_below_another_error() -> None:
    below = {(a, b) for a in OF_JOBS for b in OF_JOBS if a is not b and issubclass(a, b)}
    assert below == {(JobClientDisconnectedError, JobServerError)}


def test_a_failed_expansion_is_a_warning_and_no_error() -> None:
    assert issubclass(JobExpansionWarning, UserWarning)
    assert not issubclass(JobExpansionWarning, ClientError)


ATTRIBUTES: dict[type[Exception], dict[str, Any]] = {
    JobNotReadyError: {"operation": "create", "details": "engine is not ready"},
    JobTimeoutError: {"reasoner_type": "Logic", "job_id": "x", "timeout_s": 1.5},
    JobServerError: {"operation": "get", "status": 503},
    JobClientDisconnectedError: {"operation": "wait", "status": None},
}


def _pickled(protocol: int) -> Callable[[Exception], Exception]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own


COPIES: dict[str, Callable[[Exception], Exception]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {number}": _pickled(number) for number in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("name", errors.__all__)
def test_a_copy_keeps_the_message_and_the_attributes(
    name: str, copied: Callable[[Exception], Exception]
) -> None:
    kind: type[Exception] = getattr(errors, name)
    attributes = ATTRIBUTES.get(kind, {})
    error = copied(kind("what happened", **attributes))
    assert type(error) is kind
    assert (str(error), error.args) == ("what happened", ("what happened",))
    assert {name: getattr(error, name) for name in attributes} == attributes


@pytest.mark.parametrize("kind", ATTRIBUTES, ids=lambda kind: kind.__name__)
def test_an_attribute_that_is_not_given_is_none(kind: type[Exception]) -> None:
    error = kind("what happened")
    assert {getattr(error, name) for name in ATTRIBUTES[kind]} == {None}


def test_not_ready_needs_no_message() -> None:
    error = JobNotReadyError(operation="result")
    assert str(error) == str(copy.copy(error)) == "Not ready yet: try again later."
    assert (error.operation, error.details) == ("result", None)
