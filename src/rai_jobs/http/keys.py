"""A private key, and the signed statement of who holds it (spec §6).

Needs `cryptography` and `pyjwt`, which the `keypair` extra brings; they are loaded at first use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import JobConfigurationError
from ..sealing import sealed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["KeyPair", "load_private_key"]

_VALID = timedelta(minutes=59)


@dataclass(frozen=True)
class KeyPair:
    """Somebody's key: signs that they are who they say."""

    account: str
    """The account identifier; a region suffix is cut, case does not matter."""
    user: str
    key: RSAPrivateKey = field(repr=False)

    def signed(self, now: datetime) -> str:
        """Return a JWT, valid for 59 minutes from `now`: RS256, with the key's fingerprint."""
        import jwt

        subject = f"{self.account_name}.{self.user.upper()}"
        claims = {
            "iss": f"{subject}.{self.fingerprint()}",
            "sub": subject,
            "iat": now,
            "exp": now + _VALID,
        }
        return jwt.encode(claims, self.key, algorithm="RS256")

    @property
    def account_name(self) -> str:
        """The account as Snowflake wants it in a claim: upper case, without a region."""
        return self.account.partition(".")[0].upper()

    def fingerprint(self) -> str:
        """Return `SHA256:` and the base64 digest of the public key."""
        from base64 import b64encode
        from hashlib import sha256

        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"SHA256:{b64encode(sha256(public).digest()).decode()}"


@sealed
def load_private_key(path: Path, passphrase: str | None = None) -> RSAPrivateKey:
    """Return the RSA key in a PEM file: PKCS#8 or PKCS#1, protected by a passphrase or not.

    Raises:
        JobConfigurationError: the file cannot be read, is no such key, or the passphrase is wrong.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise JobConfigurationError(
            "A private key needs the `keypair` extra: pip install 'rai-jobs[keypair]'."
        ) from error

    secret = passphrase.encode() if passphrase else None
    try:
        key = load_pem_private_key(path.read_bytes(), password=secret)
    except OSError as error:
        raise JobConfigurationError(
            f"`private_key_path` cannot be read: {path}: {error.strerror or error}."
        ) from error
    # Not chained: what the library says could quote what it read.
    except TypeError:
        needs = "is protected: set" if secret is None else "is not protected: leave out"
        raise JobConfigurationError(
            f"The key in {path} {needs} `private_key_passphrase`."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise JobConfigurationError(
            f"{path} holds no private key that can be read with this passphrase: it must be an"
            " RSA key in PEM form, PKCS#8 or PKCS#1."
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise JobConfigurationError(f"The key in {path} is not RSA: Snowflake takes no other.")
    return key
