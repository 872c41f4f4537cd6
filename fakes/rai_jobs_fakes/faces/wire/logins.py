"""Who may come in, and how they prove who they are (wire §2).

A refusal says Snowflake's number and never what was shown. An account may have any name. [choice]
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from ...machine.execution import User
from .messages import WireRefusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["Directory", "logged_in", "signer_of"]

_LONGEST_STATEMENT_S = 3_600
# What a statement says is compared here. The library's type of options is another in each version.
_UNCHECKED: Any = {
    f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
_UNSIGNED: Any = {**_UNCHECKED, "verify_signature": False}


class Directory(Protocol):
    """Whoever knows the users."""

    def user_of_login(self, login: str) -> User | None:
        """Return who logs in by that name."""
        ...

    def has_password(self, user: User, password: str) -> bool:
        """Tell whether `password` is the user's."""
        ...

    def public_key(self, user: User) -> RSAPublicKey | None:
        """Return the user's public key."""
        ...

    def user_of_token(self, token: str) -> User | None:
        """Return whose `token` it is."""
        ...

    def issue_token(self, user: User, life_s: float) -> str:
        """Return a new token of `user`, for Direct Access."""
        ...


def logged_in(data: Mapping[str, Any], directory: Directory) -> User:
    """Return who logs in with `data`, the body of a login request.

    Raises:
        WireRefusal: they do not prove that they are whom they name.
    """
    kind = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
    login = _text(data, "LOGIN_NAME")
    prove = _KINDS.get(kind)
    if prove is None:
        raise WireRefusal.bad_request(
            f"The authenticator {kind[:40]!r} is none that this fake knows: use one of"
            f" {', '.join(_KINDS)}.",
            status=200,
        )
    return prove(data, login, directory)


def signer_of(statement: str, directory: Directory) -> User | None:
    """Return who signed `statement`, a JWT; `None` when it proves nothing.

    Its times are compared with each other, not with the backend's, which may be virtual. [choice]

    Args:
        statement: the JWT.
        directory: the users and their keys.
    """
    try:
        import jwt
    except ImportError:
        raise WireRefusal.bad_request(
            "A login by key pair needs the `keypair` extra where the fake runs:"
            " pip install 'rai-jobs[keypair]'.",
            status=200,
        ) from None

    try:
        told = jwt.decode(statement, options=_UNSIGNED)
        subject = str(told["sub"])
        user = directory.user_of_login(subject.partition(".")[2])
        key = None if user is None else directory.public_key(user)
        if user is None or key is None:
            return None
        jwt.decode(statement, key, algorithms=["RS256"], options=_UNCHECKED)
        life = told["exp"] - told["iat"]
        proved = told["iss"] == f"{subject}.{_fingerprint(key)}"
        return user if proved and 0 < life <= _LONGEST_STATEMENT_S else None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _fingerprint(key: RSAPublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA256:{b64encode(sha256(public).digest()).decode()}"


def _by_password(data: Mapping[str, Any], login: str, directory: Directory) -> User:
    user, shown = directory.user_of_login(login), _text(data, "PASSWORD")
    # A programmatic access token may stand where a password does, as it may at Snowflake.
    if user is None or not (
        directory.has_password(user, shown) or directory.user_of_token(shown) == user
    ):
        raise WireRefusal("390100", "Incorrect username or password was specified.")
    return user


def _by_key_pair(data: Mapping[str, Any], login: str, directory: Directory) -> User:
    user = signer_of(_text(data, "TOKEN"), directory)
    if user is None or user != directory.user_of_login(login):
        raise WireRefusal("390144", "JWT token is invalid.")
    return user


def _by_access_token(data: Mapping[str, Any], login: str, directory: Directory) -> User:
    user = directory.user_of_token(_text(data, "TOKEN"))
    if user is None or (login and user != directory.user_of_login(login)):
        raise WireRefusal("394400", "Programmatic access token is invalid.")
    return user


def _by_oauth(data: Mapping[str, Any], login: str, directory: Directory) -> User:
    user = directory.user_of_token(_text(data, "TOKEN"))
    if user is None:
        raise WireRefusal("390303", "Invalid OAuth access token.")
    if login and user != directory.user_of_login(login):
        raise WireRefusal(
            "390309",
            "The user you were trying to authenticate as differs from the user tied to the access"
            " token.",
        )
    return user


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str, Directory], User]] = {
    "SNOWFLAKE": _by_password,
    "SNOWFLAKE_JWT": _by_key_pair,
    "PROGRAMMATIC_ACCESS_TOKEN": _by_access_token,
    "OAUTH": _by_oauth,
}


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
