"""The wire face's one way in: a request goes in, a response comes out (wire §2 to §6).

What a statement means is the SQL face's; what comes of it is written down here as Snowflake does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, unquote
from uuid import UUID

from rai_jobs.clock import Clock

from ...machine.execution import User
from ...wire_settings import WireSettings
from ..http import HttpRequest
from ..seam import Struck
from ..sql import Outcome, SqlFailure, SqlResult, SqlSession
from ..sql.failures import unknown_query
from ..sql.session import VERSION, Place
from .binds import bound_values
from .exchange import exchanged
from .faults import NotCarriedOut, StruckStatement
from .logins import Directory, logged_in
from .messages import WireRefusal, WireResponse, json_of, succeeded
from .outcomes import answered, parameters_of, status_of, submitted
from .sessions import WireSession, WireSessions

__all__ = ["Statements", "WireFace"]

_PREFIXES = ("/session", "/queries/", "/monitoring/", "/telemetry/", "/oauth/")
_PLACES: Mapping[str, Place] = {
    "databaseName": "database",
    "schemaName": "schema",
    "roleName": "role",
    "warehouse": "warehouse",
}
_ACCOUNT_HOST = ".snowflakecomputing.com"


class Statements(Protocol):
    """What runs statements: the SQL face, or whatever stands before it."""

    def open(self, user: User) -> SqlSession:
        """Return a new session."""
        ...

    def execute(
        self,
        statement: str,
        binds: Sequence[object] = (),
        *,
        user: User,
        session: SqlSession | None = None,
        asynchronous: bool = False,
        struck: Struck | None = None,
    ) -> SqlResult:
        """Answer one statement."""
        ...

    def describe(
        self, statement: str, *, session: SqlSession, struck: Struck | None = None
    ) -> tuple[SqlResult, int]:
        """Answer what columns a query has, and how many bind variables."""
        ...

    def refused(
        self,
        statement: str,
        failure: SqlFailure,
        *,
        session: SqlSession,
        asynchronous: bool = False,
    ) -> SqlFailure:
        """Return the failure of a statement that was not carried out."""
        ...


@dataclass(frozen=True)
class _Asked:
    """One request on its way through a route."""

    request: HttpRequest
    query: Mapping[str, str]
    path: tuple[str, ...]
    """What stands in the places of the route's path."""
    max_bytes: int

    @property
    def authorization(self) -> str:
        return self.request.headers.get("authorization", "")

    def json(self) -> dict[str, Any]:
        return json_of(self.request, self.max_bytes)


class WireFace:
    """The backend as a function from Snowflake's requests to its responses.

    Args:
        statements: what runs statements.
        directory: who may log in.
        now: the backend's time.
        clock: the clock on which the `delay_s` of a response passes.
        settings: lives and bounds.
        seed: what tokens are made from.
        tells_ingress: whether a client that asks at the host of an account, as it does through a
            proxy, is told a host of Direct Access beside that one; else it is told the backend's.
    """

    def __init__(
        self,
        statements: Statements,
        directory: Directory,
        *,
        now: Callable[[], datetime],
        clock: Clock,
        settings: WireSettings | None = None,
        seed: int = 0,
        tells_ingress: bool = True,
    ) -> None:
        self.settings = settings or WireSettings()
        self._statements = statements
        self._directory = directory
        self._tells_ingress = tells_ingress
        self.clock = clock
        """The clock on which the `delay_s` of a response passes."""
        self.sessions = WireSessions(self.settings, now, seed)
        self._routes: Mapping[tuple[str, str], Callable[[_Asked], WireResponse]] = {
            ("POST", "/session/v1/login-request"): self._login,
            ("POST", "/session/token-request"): self._renew,
            ("POST", "/session/heartbeat"): self._keep_alive,
            ("POST", "/session"): self._close,
            ("POST", "/queries/v1/query-request"): self._query,
            ("POST", "/queries/v1/abort-request"): self._abort,
            ("POST", "/telemetry/send"): lambda asked: succeeded("Log Received"),  # noqa: ARG005
            ("POST", "/oauth/token"): self._exchange,
        }
        self._places: Sequence[tuple[str, re.Pattern[str], Callable[[_Asked], WireResponse]]] = (
            ("GET", re.compile(r"/queries/([^/]+)/result"), self._result),
            ("POST", re.compile(r"/queries/([^/]+)/abort-request"), self._abort),
            # The connector 5 writes two slashes.
            ("GET", re.compile(r"/monitoring/queries/+([^/]+)"), self._status),
        )

    @staticmethod
    def serves(path: str) -> bool:
        """Tell whether a path belongs to this face."""
        return path.startswith(_PREFIXES)

    def handle(self, request: HttpRequest) -> WireResponse:
        """Answer `request` at once.

        Whoever hands the response on lets its `delay_s` pass, and ends it as it says.
        """
        path, _, query = request.target.partition("?")
        try:
            answer, places = self._route(request.method, path)
            asked = _Asked(request, _query(query), places, self.settings.max_body_bytes)
            response = answer(asked)
        except WireRefusal as refusal:
            response = refusal.response()
        accepted = request.headers.get("accept-encoding", "")
        return response.packed(accepted, self.settings.gzip_from_bytes)

    def _route(
        self, method: str, path: str
    ) -> tuple[Callable[[_Asked], WireResponse], tuple[str, ...]]:
        route = self._routes.get((method, path))
        if route is not None:
            return route, ()
        methods = {known for known, of in self._routes if of == path}
        for known, pattern, answer in self._places:
            found = pattern.fullmatch(path)
            if found is not None:
                if known == method:
                    return answer, tuple(unquote(each) for each in found.groups())
                methods.add(known)
        if methods:
            raise WireRefusal.bad_request(f"{method[:20]} is not for {path[:200]}", status=405)
        raise WireRefusal.bad_request(f"There is no {path[:200]}", status=404)

    def _login(self, asked: _Asked) -> WireResponse:
        data = asked.json().get("data")
        if not isinstance(data, dict):
            raise WireRefusal.bad_request("`data` is not a JSON object.")
        login = cast("dict[str, Any]", data)
        session = self._statements.open(logged_in(login, self._directory))
        _place(session, login, asked.query)
        if self._tells_ingress:
            session.endpoint = _ingress_of(asked.request.headers.get("host", ""))
        tokens = self.sessions.open(session)
        return succeeded(
            {
                "token": tokens.session,
                "masterToken": tokens.master,
                "validityInSeconds": int(self.settings.session_token_s),
                "masterValidityInSeconds": int(self.settings.master_token_s),
                "displayUserName": session.user.name,
                "serverVersion": VERSION,
                "firstLogin": False,
                "remMeToken": None,
                "remMeValidityInSeconds": 0,
                "healthCheckInterval": 45,
                "sessionId": session.id,
                "parameters": parameters_of(session),
                "sessionInfo": {
                    "databaseName": session.database,
                    "schemaName": session.schema,
                    "warehouseName": session.warehouse,
                    "roleName": session.role,
                },
            }
        )

    def _renew(self, asked: _Asked) -> WireResponse:
        kind = asked.json().get("requestType")
        if kind != "RENEW":
            raise WireRefusal.bad_request(f"`requestType` must be RENEW; got {str(kind)[:40]!r}.")
        session, tokens = self.sessions.renew(asked.authorization)
        return succeeded(
            {
                "sessionToken": tokens.session,
                "masterToken": tokens.master,
                "validityInSecondsST": int(self.settings.session_token_s),
                "validityInSecondsMT": int(self.settings.master_token_s),
                "sessionId": session.sql.id,
            }
        )

    def _keep_alive(self, asked: _Asked) -> WireResponse:
        self.sessions.keep_alive(self.sessions.of(asked.authorization))
        return succeeded(None)

    def _close(self, asked: _Asked) -> WireResponse:
        if asked.query.get("delete", "").lower() != "true":
            raise WireRefusal.bad_request("POST /session is for `delete=true` alone.")
        self.sessions.close(self.sessions.of(asked.authorization))
        return succeeded(None)

    def _exchange(self, asked: _Asked) -> WireResponse:
        return exchanged(asked.request, self._directory, self.settings)

    def _abort(self, asked: _Asked) -> WireResponse:
        # Whatever it was, it has ended: statements take no time.
        self.sessions.of(asked.authorization)
        return succeeded(None)

    def _query(self, asked: _Asked) -> WireResponse:
        session = self.sessions.of(asked.authorization)
        request_id, struck = asked.query.get("requestId"), StruckStatement()
        try:
            response = session.once(request_id, lambda: self._run(asked, session, struck))
        except NotCarriedOut:
            return struck.refused(session, self.sessions, request_id)
        return struck.told(response)

    def _run(self, asked: _Asked, session: WireSession, struck: Struck) -> WireResponse:
        body = asked.json()
        statement = body.get("sqlText")
        if not isinstance(statement, str):
            raise WireRefusal.bad_request("`sqlText` is not a text.")
        if body.get("describeOnly") is True:
            return self._described(statement, session.sql, struck)
        later, changes = body.get("asyncExec") is True, session.sql.changes
        binds: list[object] = []
        outcome: Outcome
        try:
            binds = bound_values(body.get("bindings"))
        except SqlFailure as failure:
            outcome = self._statements.refused(
                statement, failure, session=session.sql, asynchronous=later
            )
        else:
            outcome = self._executed(statement, binds, session.sql, struck, later=later)
        if later:
            return submitted(outcome)
        changed = session.sql.changes != changes
        return answered(outcome, session.sql, binds=len(binds), tell_parameters=changed)

    def _executed(
        self,
        statement: str,
        binds: Sequence[object],
        session: SqlSession,
        struck: Struck,
        *,
        later: bool,
    ) -> Outcome:
        try:
            return self._statements.execute(
                statement,
                binds,
                user=session.user,
                session=session,
                asynchronous=later,
                struck=struck,
            )
        except SqlFailure as failure:
            return failure

    def _described(self, statement: str, session: SqlSession, struck: Struck) -> WireResponse:
        try:
            outcome, binds = self._statements.describe(statement, session=session, struck=struck)
        except SqlFailure as failure:
            return answered(failure, session)
        return answered(outcome, session, binds=binds)

    def _result(self, asked: _Asked) -> WireResponse:
        session, query_id = self.sessions.of(asked.authorization), asked.path[0]
        outcome = session.sql.outcome(query_id)
        if outcome is None:
            outcome = unknown_query(query_id[:80])
        return answered(outcome, session.sql)

    def _status(self, asked: _Asked) -> WireResponse:
        session, query_id = self.sessions.of(asked.authorization), asked.path[0]
        try:
            UUID(query_id)
        except ValueError:
            raise WireRefusal.bad_request("The query's id is no UUID.") from None
        outcome = session.sql.outcome(query_id)
        found = [] if outcome is None else [status_of(query_id, outcome)]
        return succeeded({"queries": found})


def _query(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _place(session: SqlSession, login: Mapping[str, Any], query: Mapping[str, str]) -> None:
    """Have the session begin where the client wants it to."""
    account = login.get("ACCOUNT_NAME")
    if isinstance(account, str) and account:
        session.account = account.partition(".")[0].upper()
    for name, place in _PLACES.items():
        if query.get(name):
            session.use(place, query[name])
    wanted = login.get("SESSION_PARAMETERS")
    parameters = cast("dict[str, object]", wanted) if isinstance(wanted, dict) else {}
    for name, value in parameters.items():
        if isinstance(value, (bool, int, str)):
            session.set_parameter(name, value)


def _ingress_of(host: str) -> str | None:
    """Return the host of Direct Access beside the host of an account, `None` beside another."""
    name = host.partition(":")[0].lower()
    if not name.endswith(_ACCOUNT_HOST):
        return None
    account = name.removesuffix(_ACCOUNT_HOST).replace(".", "-").replace("_", "-")
    return f"rai-{account}.snowflakecomputing.app"
