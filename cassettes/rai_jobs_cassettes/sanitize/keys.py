"""The names under which secrets are kept: of headers, of keys in bodies and queries, of columns."""

from __future__ import annotations

import re

__all__ = [
    "ACCOUNT_KEYS",
    "COMMON",
    "HOST_KEYS",
    "OPAQUE_KEYS",
    "PRESIGNED_KEYS",
    "QUERY_KEYS",
    "SECRET_HEADER",
    "SECRET_KEYS",
    "USER_KEYS",
    "any_of",
    "folded",
    "kind_of_key",
]


def folded(name: str) -> str:
    """Return a name without case and without what joins its words."""
    return re.sub(r"[-_. ()]", "", name).lower()


def any_of(names: tuple[str, ...]) -> str:
    """Return an expression for any of some names, however their words are joined; no case."""
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return "|".join("[-_.]?".join(map(re.escape, name.split())) for name in longest_first)


SECRET_HEADER = re.compile(
    r"(?i)(?:proxy-)?authorization"
    r"|(?!.*(?:continuation|next|page)-?token)"
    r".*(?:token|secret|password|passcode|passphrase|api-?key|signature|credentials?|session-?id)"
)
"""Headers whose value is a secret, beside cookies."""

SECRET_KEYS = (
    "access token", "account key", "api key", "api token", "api secret", "app secret", "assertion",
    "auth token", "authorization", "aws access key id", "aws key id", "aws secret access key",
    "aws secret key", "aws session token", "aws token", "azure sas token", "bearer token",
    "client assertion", "client secret", "code verifier", "connection string", "cookie",
    "credential", "credentials", "csrf token", "encryption key", "id token", "jwt", "master key",
    "master token", "oauth token", "one time passcode", "otp", "passcode", "passphrase", "passwd",
    "password", "pat", "private key", "private key passphrase", "programmatic access token",
    "proof key", "proxy authorization", "pwd", "query stage master key", "refresh token",
    "SAML response", "sas token", "secret", "secret access key", "secret key", "security token",
    "session token", "set cookie", "shared access key", "sig", "signature", "signing key", "token",
    "token secret", "x api key",
)  # fmt: skip
"""Keys whose value is a secret, in JSON, forms, binds, columns, and assignments in SQL; `token`
means that name alone: a `continuation_token` is none."""

QUERY_KEYS = (*(key for key in SECRET_KEYS if key not in {"sig", "signature"}), "code", "key")
"""Keys of a URL's query, or fragment, whose value is a secret; those of presigned URLs apart."""

PRESIGNED_KEYS = (
    "AWSAccessKeyId", "GoogleAccessId", "Key Pair Id", "Policy", "hmac", "sig", "signature",
    "X Amz Credential", "X Amz Security Token", "X Amz Signature", "X Goog Credential",
    "X Goog Signature", "X Ms Copy Source Authorization",
)  # fmt: skip
"""What makes a presigned URL open to whoever has it, and who made it."""

USER_KEYS = (
    "client user", "created by", "CURRENT_USER", "CURRENT_USER()", "display user name",
    "login name", "user", "user id", "user name", "username",
)  # fmt: skip
ACCOUNT_KEYS = (
    "account", "account locator", "account name", "CURRENT_ACCOUNT", "CURRENT_ACCOUNT()",
    "CURRENT_ACCOUNT_NAME()", "CURRENT_ORGANIZATION_NAME()", "organization name", "org name",
)  # fmt: skip
HOST_KEYS = (
    "account url", "endpoint", "host", "host name", "hostname", "ingress url",
    "privatelink ingress url", "server name", "service endpoint",
)  # fmt: skip

OPAQUE_KEYS = frozenset(
    map(
        folded,
        (
            "checksum", "cid", "content md5", "continuation token", "cursor", "digest", "etag",
            "fingerprint", "hash", "id", "idempotency key", "job id", "last modified", "md5",
            "next page token", "next token", "page token", "query id", "request id", "sfqid",
            "sha1", "sha256", "trace id", "transaction id", "txn id", "x request id",
        ),
    )
)  # fmt: skip
"""Keys whose value is meant to look random, and opens nothing."""

COMMON = frozenset(
    [
        "aborted",
        "accept",
        "account",
        "api",
        "application",
        "auto",
        "basic",
        "bearer",
        "body",
        "bool",
        "call",
        "canceled",
        "canceling",
        "completed",
        "connect",
        "content",
        "created",
        "database",
        "date",
        "default",
        "delete",
        "describe",
        "drop",
        "error",
        "event",
        "events",
        "execute",
        "executemany",
        "failed",
        "false",
        "fetch",
        "form",
        "from",
        "get",
        "headers",
        "host",
        "http",
        "https",
        "id",
        "insert",
        "job",
        "jobs",
        "json",
        "key",
        "limit",
        "list",
        "lqp",
        "logic",
        "message",
        "method",
        "ml",
        "name",
        "none",
        "null",
        "number",
        "offset",
        "order",
        "patch",
        "password",
        "payload",
        "pending",
        "post",
        "predictive",
        "prescriptive",
        "private",
        "progress",
        "public",
        "put",
        "query",
        "raised",
        "ready",
        "reasoner",
        "reasoners",
        "rel",
        "relationalai",
        "request",
        "response",
        "role",
        "rows",
        "running",
        "schema",
        "secret",
        "select",
        "session",
        "snowflake",
        "solver",
        "state",
        "status",
        "string",
        "success",
        "table",
        "text",
        "token",
        "transaction",
        "transactions",
        "true",
        "type",
        "unknown",
        "update",
        "url",
        "user",
        "values",
        "variant",
        "view",
        "warehouse",
        "where",
        "worker",
    ]
)
"""Words of the protocols: a name that is one is replaced only where a place says what it is."""


def kind_of_key(name: str) -> str:
    """Return the kind of what stands under a secret's key."""
    key = folded(name)
    for needle, kind in (
        ("password", "password"),
        ("passwd", "password"),
        ("pwd", "password"),
        ("passcode", "passcode"),
        ("otp", "passcode"),
        ("passphrase", "passphrase"),
        ("sig", "signature"),
        ("token", "token"),
        ("assertion", "token"),
        ("authorization", "token"),
        ("jwt", "token"),
        ("pat", "token"),
        ("cookie", "cookie"),
        ("key", "key"),
        ("credential", "credential"),
        ("hmac", "signature"),
    ):
        if needle in key:
            return kind
    return "secret"
