"""`Config`: every setting, typed, from arguments or from `RAI_JOBS_*` in the environment.

Settings are checked when they are read. A wrong or unknown one is a `JobConfigurationError` that
names it and where it came from, and never shows its value: it might be a secret.
"""

from __future__ import annotations

import os
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import JobConfigurationError

__all__ = ["Config"]

_PREFIX = "RAI_JOBS_"


class Config(BaseSettings):
    """How to reach a backend, and with which limits.

    An argument wins over the environment. `Config(base_url=…, token=…)` is enough to connect.

    Raises:
        JobConfigurationError: a setting is unknown or wrong.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    base_url: str | None = Field(default=None, description="Address of the Direct Access backend.")
    token: SecretStr | None = Field(default=None, description="Token to present over HTTP.")
    request_timeout_s: float = Field(
        default=60.0,
        gt=0,
        allow_inf_nan=False,
        description="Seconds that connecting, sending, and each read of a request may take.",
    )
    max_response_bytes: int = Field(
        default=64 * 1024 * 1024,
        gt=0,
        description="Largest answer that is read, in bytes of its decoded body.",
    )
    guard_rails: bool = Field(
        default=False, description="Whether the backend is asked to enforce its guard rails."
    )
    gi_setup_skipped: bool = Field(
        default=False, description="Whether the backend is told that no graph index was set up."
    )

    def __init__(self, **settings: Any) -> None:
        unknown = sorted(
            name
            for name in os.environ
            if name.upper().startswith(_PREFIX)
            and name[len(_PREFIX) :].lower() not in type(self).model_fields
        )
        if unknown:
            raise JobConfigurationError(_unknown(f"environment variable {unknown[0]}"))
        try:
            super().__init__(**settings)
        except ValidationError as error:
            # Not chained: the original holds the values, which may be secrets.
            raise JobConfigurationError(_explained(error, given=set(settings))) from None


def _explained(error: ValidationError, *, given: set[str]) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = str(first["loc"][0])
    argument = name in given
    source = f"argument `{name}`" if argument else f"environment variable {_PREFIX}{name.upper()}"
    if first["type"] == "extra_forbidden":
        return _unknown(source)
    return f"The {source} is wrong: {first['msg']}. {Config.model_fields[name].description}"


def _unknown(source: str) -> str:
    return f"The {source} is no setting. Settings are: {', '.join(Config.model_fields)}."
