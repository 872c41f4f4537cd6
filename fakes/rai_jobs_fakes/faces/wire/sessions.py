"""Sessions of the wire: their tokens, how long those live, and what each was answered lately.

Time is the backend's. A session ends when it is closed, when its master token has, or when newer
ones need its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count

from ...wire_settings import WireSettings
from ..sql import SqlSession
from .messages import WireRefusal, WireResponse

__all__ = ["Tokens", "WireSession", "WireSessions"]

_GONE = "Session no longer exists.  New login required to access the service."
_EXPIRED = "Your session has expired. Please login again."
_AUTHENTICATE = "Authentication token has expired.  The user must authenticate again."
_GRANTS_KEPT = 4


@dataclass(frozen=True)
class Tokens:
    """What a client presents for a session: one for requests, one for renewing that."""

    session: str = field(repr=False)
    master: str = field(repr=False)


@dataclass
class _Answer:
    """What a request was answered with; the lock is held while it is worked out."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    response: WireResponse | None = None


class WireSession:
    """One session: what SQL knows of it, and its latest answers.

    Args:
        sql: what SQL knows of it.
        settings: how many answers are kept.
    """

    def __init__(self, sql: SqlSession, settings: WireSettings) -> None:
        self.sql = sql
        self._settings = settings
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}
        self._bytes = 0
        self.expired_at: str | None = None
        """The request that was last told that the session had expired."""

    def once(self, request_id: str | None, answer: Callable[[], WireResponse]) -> WireResponse:
        """Return the answer of a request: worked out now, or the one that it was given before.

        Args:
            request_id: the request's id, the same when it is sent again; `None` when it has none.
            answer: works it out.
        """
        if request_id is None:
            return answer()
        with self._lock:
            kept = self._answers.setdefault(request_id, _Answer())
        with kept.lock:
            if kept.response is None:
                try:
                    kept.response = answer()
                except BaseException:
                    with self._lock:
                        self._answers.pop(request_id, None)
                    raise
                self._remember(len(kept.response.body))
            return kept.response

    def _remember(self, size: int) -> None:
        settings = self._settings
        with self._lock:
            self._bytes += size
            while len(self._answers) > 1 and (
                len(self._answers) > settings.requests_kept
                or self._bytes > settings.request_bytes_kept
            ):
                oldest = next(iter(self._answers))
                dropped = self._answers[oldest].response
                if dropped is None:
                    return
                del self._answers[oldest]
                self._bytes -= len(dropped.body)


@dataclass(frozen=True)
class _Grant:
    session: WireSession
    master: bool


@dataclass
class _Life:
    """Of one session: its tokens, oldest first, and when they end."""

    tokens: list[Tokens]
    session_ends: datetime
    master_ends: datetime


class WireSessions:
    """All sessions; threads may share it.

    Args:
        settings: how long tokens live, and how many sessions there may be.
        now: the backend's time.
        seed: what tokens are made from.
    """

    def __init__(self, settings: WireSettings, now: Callable[[], datetime], seed: int) -> None:
        self._settings = settings
        self._now = now
        self._seed = seed
        self._lock = threading.Lock()
        self._numbers = count()
        self._grants: dict[str, _Grant] = {}
        self._lives: dict[WireSession, _Life] = {}

    def __len__(self) -> int:
        return len(self._lives)

    def open(self, sql: SqlSession) -> Tokens:
        """Return the tokens of a new session."""
        session = WireSession(sql, self._settings)
        with self._lock:
            while len(self._lives) >= self._settings.sessions_kept:
                self._end(next(iter(self._lives)))
            now = self._now()
            self._lives[session] = _Life([], *self._ends(now))
            return self._granted(session)

    def holds(self, authorization: str) -> bool:
        """Tell whether a request bears a token of one of these sessions, whatever became of it."""
        return _token_in(authorization) in self._grants

    def of(self, authorization: str) -> WireSession:
        """Return whose session token a request bears.

        Raises:
            WireRefusal: it bears none, its time is over, or the session is.
        """
        with self._lock:
            session = self._granted_to(authorization, master=False)
            if self._now() >= self._lives[session].session_ends:
                raise WireRefusal("390112", _EXPIRED)
            return session

    def renew(self, authorization: str) -> tuple[WireSession, Tokens]:
        """Return the session of a master token, and new tokens of it.

        Raises:
            WireRefusal: the request bears no such token, or the session is over.
        """
        with self._lock:
            session = self._granted_to(authorization, master=True)
            self._extend(session)
            return session, self._granted(session)

    def keep_alive(self, session: WireSession) -> None:
        """Let the life of a session begin anew."""
        with self._lock:
            if session in self._lives:
                self._extend(session)

    def expire(self, session: WireSession, request_id: str | None) -> WireRefusal:
        """End the time of a session's token, and return the refusal that tells of it.

        The client renews it and sends the request again. One that is told so twice is told that
        nothing can be renewed, or it would ask for ever. [choice]

        Args:
            session: the session.
            request_id: which request is told.
        """
        with self._lock:
            again = request_id is not None and session.expired_at == request_id
            session.expired_at = None if again else request_id
            if again:
                return WireRefusal("390114", _AUTHENTICATE)
            if session in self._lives:
                self._lives[session].session_ends = self._now()
            return WireRefusal("390112", _EXPIRED)

    def close(self, session: WireSession) -> None:
        """End a session; a second call does nothing."""
        with self._lock:
            self._end(session)

    def _granted_to(self, authorization: str, *, master: bool) -> WireSession:
        token = _token_in(authorization)
        if token is None:
            code = "390113" if master else "390103"
            raise WireRefusal(code, "Session token not found in the request data.")
        grant = self._grants.get(token)
        if grant is None:
            raise WireRefusal("390115" if master else "390111", _GONE)
        if grant.master is not master:
            raise WireRefusal("390115" if master else "390104", "Authentication token is invalid.")
        if self._now() >= self._lives[grant.session].master_ends:
            if not master:
                raise WireRefusal("390112", _EXPIRED)
            raise WireRefusal("390114", _AUTHENTICATE)
        return grant.session

    def _granted(self, session: WireSession) -> Tokens:
        number = next(self._numbers)
        tokens = Tokens(self._made("session", number), self._made("master", number))
        self._grants[tokens.session] = _Grant(session, master=False)
        self._grants[tokens.master] = _Grant(session, master=True)
        held = self._lives[session].tokens
        held.append(tokens)
        if len(held) > _GRANTS_KEPT:
            # Threads that share a connection may still be on their way with the ones before.
            self._revoke(held.pop(0))
        return tokens

    def _extend(self, session: WireSession) -> None:
        life = self._lives[session]
        life.session_ends, life.master_ends = self._ends(self._now())

    def _ends(self, now: datetime) -> tuple[datetime, datetime]:
        settings = self._settings
        return (
            now + timedelta(seconds=settings.session_token_s),
            now + timedelta(seconds=settings.master_token_s),
        )

    def _end(self, session: WireSession) -> None:
        life = self._lives.pop(session, None)
        for tokens in life.tokens if life else ():
            self._revoke(tokens)

    def _revoke(self, tokens: Tokens) -> None:
        self._grants.pop(tokens.session, None)
        self._grants.pop(tokens.master, None)

    def _made(self, kind: str, number: int) -> str:
        made = blake2b(f"{self._seed}:wire:{kind}:{number}".encode(), digest_size=16).hexdigest()
        return f"fake-{kind}-{made}"


def _token_in(authorization: str) -> str | None:
    scheme, _, rest = authorization.partition("=")
    token = rest.strip().strip('"')
    if scheme.strip().lower() != "snowflake token" or token in {"", "None"}:
        return None
    return token
