"""Every exception that `rai_jobs` raises, in one file.

Each `Job…Error` is a `JobError` and at once a member of its general family, so that code may
catch by either (spec §8)::

    ClientError
    ├── JobError                      every error of this package
    ├── ClientInvalidRequestError
    │   ├── JobInvalidRequestError    the request is wrong, here or by the backend
    │   ├── JobCapabilityError        the request is right, but this transport cannot do it
    │   └── JobConfigurationError     a setting is missing, unknown or wrong
    ├── ClientNotFoundError
    │   └── JobNotFoundError          no such execution, or not yours to see
    ├── ClientNotReadyError
    │   └── JobNotReadyError          the reasoner, or the result, is not ready yet
    ├── ClientTimeoutError
    │   └── JobTimeoutError           `wait` or `follow` reached its deadline
    ├── ClientServerError
    │   └── JobServerError            the backend failed, or could not be reached or understood
    │       └── JobClientDisconnectedError   a transaction was aborted: its owner went silent
    ├── ClientAuthError
    │   ├── JobAuthError              the backend does not accept who we say we are
    │   └── AppMissingError           the native app is not there, or not granted
    └── ClientUnknownError
        └── JobUnknownError           nothing else fits; the original is chained

    UserWarning
    └── JobExpansionWarning           an `include=` could not be fetched and was left empty

No message holds a token, a password or a presigned URL.
"""

from __future__ import annotations

__all__ = [
    "AppMissingError",
    "ClientAuthError",
    "ClientError",
    "ClientInvalidRequestError",
    "ClientNotFoundError",
    "ClientNotReadyError",
    "ClientServerError",
    "ClientTimeoutError",
    "ClientUnknownError",
    "JobAuthError",
    "JobCapabilityError",
    "JobClientDisconnectedError",
    "JobConfigurationError",
    "JobError",
    "JobExpansionWarning",
    "JobInvalidRequestError",
    "JobNotFoundError",
    "JobNotReadyError",
    "JobServerError",
    "JobTimeoutError",
    "JobUnknownError",
]


class ClientError(Exception):
    """Root of the general families: whatever a client of the backend may raise (spec §8)."""


class JobError(ClientError):
    """Root of all errors of this package (spec §7)."""

    transient: bool = False
    """Whether the same request may well succeed a little later; `wait` tolerates such a failure."""


class ClientInvalidRequestError(ClientError):
    """The request itself is at fault: sending it again will not help."""


class ClientNotFoundError(ClientError):
    """What was asked for does not exist, or may not be seen."""


class ClientNotReadyError(ClientError):
    """The other side is not ready yet: the same request may succeed later."""


class ClientTimeoutError(ClientError):
    """A deadline of the caller's passed."""


class ClientServerError(ClientError):
    """The other side failed, could not be reached, or answered what nobody understands."""


class ClientAuthError(ClientError):
    """The other side does not accept the caller's identity or rights (our choice: the family)."""


class ClientUnknownError(ClientError):
    """An error that fits no family; the original is its `__cause__`."""


class JobInvalidRequestError(ClientInvalidRequestError, JobError):
    """An argument is wrong, or the backend refused the request as invalid (spec §7).

    What to do: mend the request; sending it again will not help.

    Raised before anything is sent wherever the client can know; else on HTTP 400.
    """


class JobCapabilityError(ClientInvalidRequestError, JobError):
    """The request is valid, but not over this transport; the message names one that can.

    What to do: use the transport that the message names.
    """


class JobConfigurationError(ClientInvalidRequestError, JobError):
    """A setting is missing, unknown or wrong; the message names the setting, never a secret.

    What to do: correct the setting that the message names.
    """


class JobNotFoundError(ClientNotFoundError, JobError):
    """No such execution, or somebody else's: the same answer, so that ids do not leak (spec §3).

    What to do: check the id, its reasoner type, and whose it is.
    """


class JobNotReadyError(ClientNotReadyError, JobError):
    """The reasoner does not accept jobs yet, or an operation has no result yet (spec §6, §7).

    What to do: wait and ask again, or name another reasoner.

    Args:
        message: what happened; a general text when not given.
        operation: the client operation that met it, e.g. `"create"`.
        details: the backend's own words, when there are any.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        operation: str | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message or "Not ready yet: try again later.")
        self.operation = operation
        self.details = details


class JobTimeoutError(ClientTimeoutError, JobError):
    """`wait` or `follow` reached its deadline; the execution goes on (seed).

    What to do: wait longer, or cancel it.

    Args:
        message: what happened.
        reasoner_type: the public label of the execution's type.
        job_id: the execution's id.
        timeout_s: the deadline that passed, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        reasoner_type: str | None = None,
        job_id: str | None = None,
        timeout_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reasoner_type = reasoner_type
        self.job_id = job_id
        self.timeout_s = timeout_s


class JobServerError(ClientServerError, JobError):
    """The backend failed, could not be reached, or answered what cannot be understood (spec §6).

    What to do: try later; for a create, look with `list` first.

    Args:
        message: what happened, with the first 200 characters of what came.
        operation: the client operation that met it, e.g. `"get"`.
        status: the HTTP status of the answer; `None` when there was no answer.
    """

    def __init__(
        self, message: str, *, operation: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.status = status


class JobClientDisconnectedError(JobServerError):
    """A Logic transaction was aborted because its owner was silent for too long (spec §7).

    What to do: poll more often, or create it with `create`.
    """


class JobAuthError(ClientAuthError, JobError):
    """The backend refused the identity or the rights of the caller (HTTP 401, 403; spec §6).

    What to do: check token, user and role.
    """


class AppMissingError(ClientAuthError, JobError):
    """The native app does not exist in this account, or is not granted to this role (spec §5).

    What to do: check `app_name`, and that the role may use the app.
    """


class JobUnknownError(ClientUnknownError, JobError):
    """Nothing else fits; the original error is chained as `__cause__` (spec §5).

    What to do: look at the chained original.
    """


class JobExpansionWarning(UserWarning):
    """An `include=` could not be fetched: its field is empty, the rest of the job is whole."""


def unsure(operation: str, told: str) -> str:
    """Return `told`, and what to do where an execution may have been created all the same."""
    if operation != "create":
        return told
    return f"{told} The execution may have been created: look with `list` before creating another."


def client_closed(operation: str) -> JobInvalidRequestError:
    """Return the error of using a client, or what is under it, after it was closed."""
    return JobInvalidRequestError(
        f"{operation}: this client is closed: make a new one with `connect_sync()`."
    )
