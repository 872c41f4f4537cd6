"""Who may come in: users, and the token, password and public key that each of them shows.

What a face asks of it, it says itself; nothing here knows a protocol. No secret shows in a repr.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from hmac import compare_digest
from itertools import count
from typing import TYPE_CHECKING, TypeAlias, cast

from .kinds import is_text
from .machine.execution import User

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["DEFAULT_USER", "Accounts", "PublicKey"]

DEFAULT_USER = "fake_user"
"""Who is asking when a test does not say."""

PublicKey: TypeAlias = "str | bytes | RSAPublicKey"
"""An RSA public key: itself, in PEM form, or in base64 as Snowflake's `RSA_PUBLIC_KEY` has it."""

_ISSUED_KEPT = 10_000


@dataclass(frozen=True)
class _Account:
    user: User
    token: str = field(repr=False)
    password: str = field(repr=False)
    public_key: RSAPublicKey | None = field(repr=False)


class Accounts:
    """The users of one backend; threads may share it.

    Args:
        seed: what tokens and passwords are made from.
        now: the backend's time, by which issued tokens end.
    """

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._now = now
        self._lock = threading.Lock()
        self._by_name: dict[str, _Account] = {}
        self._by_token: dict[str, str] = {}
        self._issued: dict[str, tuple[str, datetime]] = {}
        self._numbers = count()

    def put(
        self,
        name: str,
        *,
        admin: bool,
        token: str | None,
        password: str | None,
        public_key: PublicKey | None,
    ) -> None:
        """Make a user exist, or change one that does.

        Raises:
            ValueError: the name is none, the token is another user's, the password is empty, or
                what is given is no text, or no RSA public key.
        """
        if not is_text(name):
            raise ValueError(f"`name` must be the name of a user; got {name!r}.")
        for argument, given in (("token", token), ("password", password)):
            if given is not None and not isinstance(cast("object", given), str):
                kind = type(given).__name__
                raise ValueError(f"The {argument} of {name!r} must be text; it is of type {kind}.")
        token = token or f"fake-token-{self._made('token', name)}"
        if password == "":
            raise ValueError(f"The password of {name!r} is empty: leave it out for one made up.")
        password = password or f"fake-password-{self._made('password', name)}"
        key = None if public_key is None else _key_of(name, public_key)
        with self._lock:
            if self._by_token.get(token, name) != name:
                raise ValueError(f"The token given for {name!r} is another user's already.")
            if name in self._by_name:
                del self._by_token[self._by_name[name].token]
            self._by_token[token] = name
            self._by_name[name] = _Account(User(name, admin), token, password, key)

    @contextmanager
    def all_or_none(self) -> Generator[None]:
        """Have who was put in the block be gone, or as before, when the block raises."""
        with self._lock:
            by_name, by_token = dict(self._by_name), dict(self._by_token)
        try:
            yield
        except BaseException:
            with self._lock:
                self._by_name, self._by_token = by_name, by_token
            raise

    def forget(self) -> None:
        """Have no user, and no token that was issued."""
        with self._lock:
            self._by_name.clear()
            self._by_token.clear()
            self._issued.clear()

    @property
    def names(self) -> tuple[str, ...]:
        """The users' names, in the order in which they were added."""
        return tuple(self._by_name)

    def named(self, name: str | None) -> User:
        """Return the user of exactly that name; the default one when `None`.

        Raises:
            ValueError: there is no such user.
        """
        known = cast("object", name)
        user = self.user(DEFAULT_USER if name is None else name) if _is_name(known) else None
        if user is None:
            raise ValueError(
                f"There is no user {name!r}: add_user({name!r}) first. There are:"
                f" {', '.join(self.names)}."
            )
        return user

    def user(self, name: str) -> User | None:
        """Return the user of exactly that name, `None` when there is none."""
        found = self._by_name.get(name)
        return None if found is None else found.user

    def token(self, name: str) -> str:
        """Return the token of a user that exists."""
        return self._by_name[name].token

    def password(self, name: str) -> str:
        """Return the password of a user that exists."""
        return self._by_name[name].password

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is, their own or one that was issued; `None` when nobody's."""
        with self._lock:
            name = self._by_token.get(token)
            if name is None:
                name, ends_at = self._issued.get(token, (None, None))
                if name is None or ends_at is None or self._now() >= ends_at:
                    return None
            return self._by_name[name].user

    def user_of_login(self, login: str) -> User | None:
        """Return who logs in as `login`: case does not matter, unless two names differ by it."""
        found = self._by_name.get(login)
        if found is None:
            folded = login.upper()
            found = next(
                (held for name, held in self._by_name.items() if name.upper() == folded), None
            )
        return None if found is None else found.user

    def has_password(self, user: User, password: str) -> bool:
        """Tell whether `password` is the user's."""
        return compare_digest(self.password(user.name).encode(), password.encode(errors="replace"))

    def public_key(self, user: User) -> RSAPublicKey | None:
        """Return the user's public key, `None` when they have none."""
        return self._by_name[user.name].public_key

    def issue_token(self, user: User, life_s: float) -> str:
        """Return a new token of `user` that ends `life_s` seconds from now."""
        with self._lock:
            token = f"fake-ingress-{self._made('ingress', f'{next(self._numbers)}:{user.name}')}"
            self._issued[token] = (user.name, self._now() + timedelta(seconds=life_s))
            if len(self._issued) > _ISSUED_KEPT:
                del self._issued[next(iter(self._issued))]
            return token

    def __repr__(self) -> str:
        return f"<Accounts of {', '.join(self._by_name)}>"

    def _made(self, what: str, name: str) -> str:
        return blake2b(f"{self._seed}:{what}:{name}".encode(), digest_size=12).hexdigest()


def _is_name(value: object) -> bool:
    return value is None or isinstance(value, str)


def _key_of(name: str, given: PublicKey) -> RSAPublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if isinstance(given, RSAPublicKey):
        return given
    # What is no text is no key either, and is refused as that.
    held = given if isinstance(cast("object", given), (str, bytes)) else ""
    text = held.decode("ascii", errors="replace") if isinstance(held, bytes) else held
    if "BEGIN" not in text:
        text = f"-----BEGIN PUBLIC KEY-----\n{text.strip()}\n-----END PUBLIC KEY-----\n"
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise ValueError(
            f"The public key given for {name!r} cannot be read: it must be an RSA public key, in"
            " PEM form or in base64."
        )
    return key
