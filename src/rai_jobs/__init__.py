"""The synchronous client for RelationalAI jobs and transactions.

Every public name is here; all modules behind it are private to the package. Names are loaded when
they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import names_of, when_used
from .version import __version__

if TYPE_CHECKING:
    from .client import JobsClientSync
    from .clock import Clock, SystemClock
    from .config import Config
    from .connect import ClientSync, connect_sync, from_session_sync
    from .errors import (
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
    from .gateways.http import HttpJobsGateway
    from .gateways.hybrid import HybridJobsGateway
    from .gateways.protocol import JobsGatewaySync
    from .gateways.sql import SqlJobsGateway
    from .http.auth import StaticTokenAuth
    from .models import Job, JobEvents, JobExpanded, JobIncludeDict, JobRecord, Operation
    from .observe import ClientEvent, Observer
    from .operations import JobOperationSync
    from .payloads import compose_payload, make_job_payload, make_txn_payload
    from .retry import RetryPolicy
    from .sql.executor import ConnectorExecutor, SessionExecutor
    from .telemetry import otel_observer

__all__ = [
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

_HOMES = {
    ".client": ("JobsClientSync",),
    ".clock": ("Clock", "SystemClock"),
    ".config": ("Config",),
    ".connect": ("ClientSync", "connect_sync", "from_session_sync"),
    ".errors": (
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
    ),
    ".gateways.http": ("HttpJobsGateway",),
    ".gateways.hybrid": ("HybridJobsGateway",),
    ".gateways.protocol": ("JobsGatewaySync",),
    ".gateways.sql": ("SqlJobsGateway",),
    ".http.auth": ("StaticTokenAuth",),
    ".models": ("Job", "JobEvents", "JobExpanded", "JobIncludeDict", "JobRecord", "Operation"),
    ".observe": ("ClientEvent", "Observer"),
    ".operations": ("JobOperationSync",),
    ".payloads": ("compose_payload", "make_job_payload", "make_txn_payload"),
    ".retry": ("RetryPolicy",),
    ".sql.executor": ("ConnectorExecutor", "SessionExecutor"),
    ".telemetry": ("otel_observer",),
}

__getattr__ = when_used(__name__, _HOMES)
__dir__ = names_of(__name__)
