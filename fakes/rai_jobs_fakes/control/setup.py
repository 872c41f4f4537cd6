"""What a backend is filled with: users, reasoners, scripts and faults; and what it is made with.

The same models are the bodies of the control API's requests and the parts of a file of scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from ..faces.http import MAX_BODY_BYTES, HttpDialect
from ..machine.settings import MachineSettings
from ..machine.table import ReasonerStatus
from ..wire_settings import WireSettings
from .faults import FaultSaid
from .scripts import ScriptSaid
from .strict import ReasonerTypeName, Strict, refused_name

if TYPE_CHECKING:
    from ..backend import FakeBackend

__all__ = [
    "DialectSaid",
    "ReasonerSaid",
    "ScriptsFile",
    "SettingsSaid",
    "Setup",
    "UserSaid",
    "WireSaid",
]

_NOT_BLANK = r"\S"
_STATUSES = [status.value for status in ReasonerStatus]


def _known_status(name: str) -> str:
    if name.upper() not in _STATUSES:
        raise refused_name(name, _STATUSES)
    return name.upper()


class UserSaid(Strict):
    """Somebody who calls the backend; one who is there is changed."""

    name: str = Field(pattern=_NOT_BLANK)
    """The name, as `created_by` shows it."""
    admin: bool = False
    """Whether they hold the admin application role."""
    password: str | None = Field(default=None, min_length=1, repr=False)
    """What they log in with over Snowflake's wire; one made from the seed when left out."""
    token: str | None = Field(default=None, min_length=1, repr=False)
    """What they present over HTTP; one made from the seed when left out."""
    public_key: str | None = Field(default=None, repr=False)
    """The RSA key that proves a login by key pair: PEM, or base64."""

    def add_to(self, backend: FakeBackend) -> None:
        """Make the user exist in `backend`.

        Raises:
            ValueError: the token is another user's, or the key is none.
        """
        backend.add_user(
            self.name,
            admin=self.admin,
            password=self.password,
            token=self.token,
            public_key=self.public_key,
        )


class ReasonerSaid(Strict):
    """A reasoner, from now on; one that is there is changed."""

    name: str = Field(pattern=_NOT_BLANK)
    """Its name; the case matters."""
    reasoner_type: ReasonerTypeName
    """Logic, Prescriptive or Predictive."""
    max_running: int | None = Field(default=None, ge=1)
    """How many executions run at once; no bound when left out."""
    status: Annotated[
        str, AfterValidator(_known_status), Field(json_schema_extra={"examples": [*_STATUSES]})
    ] = "READY"
    """What it does from now on."""
    ready_after_s: float | None = Field(default=None, ge=0)
    """How long, in seconds, until it is READY by itself."""
    resume_s: float | None = Field(default=None, ge=0)
    """How long, in seconds, a SUSPENDED one takes to be READY when work comes."""
    auto_suspend_mins: float | None = Field(default=None, ge=0)
    """After how many minutes without an execution it is SUSPENDED."""

    def add_to(self, backend: FakeBackend) -> None:
        """Make the reasoner exist in `backend`.

        Raises:
            ValueError: a time makes no sense.
        """
        backend.add_reasoner(
            self.name,
            self.reasoner_type,
            max_running=self.max_running,
            status=self.status,
            ready_after_s=self.ready_after_s,
            resume_s=self.resume_s,
            auto_suspend_mins=self.auto_suspend_mins,
        )


class Setup(Strict):
    """What a backend is filled with, in this order."""

    users: list[UserSaid] = Field(default_factory=list[UserSaid])
    reasoners: list[ReasonerSaid] = Field(default_factory=list[ReasonerSaid])
    scripts: list[ScriptSaid] = Field(default_factory=list[ScriptSaid])
    """What will happen; the first that matches an execution is the one."""
    faults: list[FaultSaid] = Field(default_factory=list[FaultSaid])
    """What goes wrong."""

    def fill(self, backend: FakeBackend) -> None:
        """Fill `backend` with all of it, or with nothing.

        Raises:
            ValueError: a token is another user's, a key is none, a time of a reasoner makes no
                sense, or a script cannot be for its type.
            FaultError: a fault is for a user that does not exist.
        """
        faults = [fault.made() for fault in self.faults]
        # Tried on one that nobody asks anything: what it takes, another one takes too.
        tried = type(backend)()
        for place, reasoner in enumerate(self.reasoners):
            _require_taken(f"reasoners[{place}]", reasoner, tried)
        for place, script in enumerate(self.scripts):
            _require_taken(f"scripts[{place}]", script, tried)
        with backend.at_once():
            for user in self.users:
                user.add_to(backend)
            for fault in faults:
                backend.faults.require(fault)
            # Nothing from here on is refused.
            for reasoner in self.reasoners:
                reasoner.add_to(backend)
            for script in self.scripts:
                script.add_to(backend)
            for fault in faults:
                backend.faults.inject(fault)


def _require_taken(place: str, said: ReasonerSaid | ScriptSaid, backend: FakeBackend) -> None:
    try:
        said.add_to(backend)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


class DialectSaid(Strict):
    """How Direct Access spells what the protocol leaves open."""

    instants: Literal["iso_z", "iso_naive", "sql", "epoch_s", "epoch_ms"] = "iso_z"
    """The form of an instant."""
    transaction_wrapper: str | None = "transaction"
    """The key around a transaction, and around the id of a new one; null for bare."""
    transactions_wrapper: str | None = "transactions"
    """The key around a list of transactions; null for bare."""
    error_key: str | None = "message"
    """The key of an error's message; null for plain text."""


class WireSaid(Strict):
    """Lives, in seconds, and bounds of the face that speaks Snowflake's protocol."""

    session_token_s: float = Field(default=3_600, gt=0)
    """How long a session's token lives; then it is renewed with the master token."""
    master_token_s: float = Field(default=14_400, gt=0)
    """How long a session that is neither renewed nor kept alive lives."""
    ingress_token_s: float = Field(default=3_600, gt=0)
    """How long a token of Direct Access lives that a key pair was exchanged for."""
    max_body_bytes: int = Field(default=64_000_000, gt=0)
    """The largest body that is read, packed or unpacked."""
    gzip_from_bytes: int = Field(default=10_000, gt=0)
    """From what size on an answer is packed, where the client takes it."""
    sessions_kept: int = Field(default=1_000, gt=0)
    """How many sessions there are at once; the oldest gives way."""
    requests_kept: int = Field(default=100, gt=0)
    """How many answers of a session are kept for when their request comes again."""
    request_bytes_kept: int = Field(default=8_000_000, gt=0)
    """The most bytes that those answers hold together, beside the newest."""


class SettingsSaid(Strict):
    """What a backend is made with; what is left out is as `FakeBackend` has it."""

    # Some of them are endless, which YAML writes as `.inf`: the backend says which.
    model_config = ConfigDict(allow_inf_nan=True)

    app: str = Field(default="RELATIONALAI", pattern=_NOT_BLANK)
    """The name of the native app, as SQL names it."""
    api_schema: str = Field(default="api", alias="schema", pattern=_NOT_BLANK)
    """The app's API schema, as SQL names it."""
    seed: int = 0
    """What ids and tokens are made from."""
    start: AwareDatetime | None = Field(default=None, strict=False)
    """Where virtual time begins, e.g. 2026-01-01T00:00:00Z; it means nothing in real time."""
    event_page_size: int = 100
    """The most events on one page."""
    detach_grace_s: float = 60.0
    """After how many silent seconds of its owner a bound transaction is aborted."""
    default_timeout_mins: int = 1440
    """The timeout of an execution that was created without one, in minutes."""
    strict_reasoners: bool = False
    """Whether only reasoners that were added exist."""
    strict_scripts: bool = False
    """Whether an execution that no script matches is refused."""
    retention_s: float | None = None
    """How long, in seconds, an execution can be seen after it has ended; for ever if left out."""
    get_lag_s: float = 0.0
    """How long, in seconds, after its creation an execution is not found by its id."""
    list_lag_s: float = 0.0
    """How far, in seconds, lists are behind."""
    clock_skew_s: float = 0.0
    """How far, in seconds, the backend's clock is ahead."""
    transcript_limit: int | None = Field(default=None, ge=0)
    """How many calls the transcript keeps, the newest; all if left out."""
    max_body_bytes: int = Field(default=MAX_BODY_BYTES, ge=1)
    """The largest body that Direct Access reads; what is larger is 413."""
    older_app: bool = False
    """Whether the app's `exec_async_v2` knows no `abort_detached` yet."""
    service_endpoint: str | None = None
    """The address of Direct Access that SQL tells; the server's own if left out."""
    http_dialect: DialectSaid | None = None
    wire: WireSaid | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> SettingsSaid:
        told = self.arguments()
        MachineSettings(
            **{name: of for name, of in told.items() if name in MachineSettings.__annotations__}
        )
        return self

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `FakeBackend` that were said."""
        told = self.model_dump(exclude_unset=True, by_alias=True, exclude={"start"})
        if self.http_dialect is not None:
            told["http_dialect"] = HttpDialect(**self.http_dialect.model_dump())
        if self.wire is not None:
            told["wire"] = WireSettings(**self.wire.model_dump())
        # Left out, not `None`: those have a default that is a number.
        return {name: of for name, of in told.items() if of is not None}


class ScriptsFile(Setup):
    """A file of scripts: what a served backend is made with, and filled with."""

    settings: SettingsSaid = SettingsSaid()
