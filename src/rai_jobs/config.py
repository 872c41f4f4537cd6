"""`Config`: every setting, typed, from arguments, `RAI_JOBS_*` in the environment, or a TOML file.

Settings are checked when they are read. A wrong or unknown one is a `JobConfigurationError` that
names it and where it came from, and never shows its value: it might be a secret.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from .errors import JobConfigurationError
from .sealing import sealed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["CONFIG_FILE_VARIABLE", "Config"]

_PREFIX = "RAI_JOBS_"
CONFIG_FILE_VARIABLE = f"{_PREFIX}CONFIG_FILE"

with warnings.catch_warnings():
    # pydantic warns of a setting named like one of its own deprecated methods; the name is fixed.
    warnings.filterwarnings("ignore", message='Field name "schema"')

    class Config(BaseSettings):
        """How to reach a backend, and with which limits.

        An argument wins over the environment, and that over the file. A file is TOML with settings
        at its top level; `config_file=` names it, or `RAI_JOBS_CONFIG_FILE`.

        Raises:
            JobConfigurationError: a setting is unknown or wrong, or the file cannot be read.
        """

        model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

        app_name: str = Field(
            default="RELATIONALAI", description="The database of the native app.", min_length=1
        )
        schema: str = Field(  # pyright: ignore[reportIncompatibleMethodOverride] - see above
            default="api", description="The app's API schema.", min_length=1
        )
        direct_access: bool = Field(
            default=False,
            description="Whether jobs go over HTTP, to the address that the app tells over SQL.",
        )
        base_url: str | None = Field(
            default=None,
            description="Address of Direct Access, where it need not be asked for.",
        )
        endpoint_cache_path: Path | None = Field(
            default=None,
            description="File that remembers the addresses that apps told; memory alone if unset.",
        )
        token: SecretStr | None = Field(
            default=None,
            description="Token for Direct Access, such as a PAT; wins over all others.",
        )
        token_file: Path | None = Field(
            default=None,
            description="File with that token: plain text, or JSON under `token`, `access_token`,"
            " `pat` or `programmatic_access_token`.",
        )
        connection_name: str | None = Field(
            default=None, description="Name of a connection in Snowflake's `connections.toml`."
        )
        connection: dict[str, Any] | None = Field(
            default=None,
            repr=False,
            description="Arguments of `snowflake.connector.connect`.",
        )
        account: str | None = Field(
            default=None, description="Account identifier, for a token by key pair."
        )
        user: str | None = Field(default=None, description="User, for a token by key pair.")
        role: str | None = Field(
            default=None, description="Role that a token by key pair is for; the user's default."
        )
        host: str | None = Field(
            default=None,
            description="Host of the account; `<account>.snowflakecomputing.com` if unset.",
        )
        private_key_path: Path | None = Field(
            default=None, description="PEM file with the RSA key for a token by key pair."
        )
        private_key_passphrase: SecretStr | None = Field(
            default=None, description="Passphrase of that file, where it is protected."
        )
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
        retry_attempts: int = Field(
            default=4, ge=1, description="How often a request is sent at most, the first included."
        )
        retry_first_wait_s: float = Field(
            default=0.5,
            gt=0,
            allow_inf_nan=False,
            description="Longest first pause before repeating, in seconds; it doubles each time.",
        )
        retry_max_wait_s: float = Field(
            default=10.0,
            gt=0,
            allow_inf_nan=False,
            description="Longest pause before repeating, in seconds.",
        )
        wait_max_failures: int = Field(
            default=10,
            ge=1,
            description="How many polls of `wait` may fail in a row before it gives up.",
        )
        guard_rails: bool = Field(
            default=False, description="Whether the backend is asked to enforce its guard rails."
        )
        gi_setup_skipped: bool = Field(
            default=False,
            description="Whether the backend is told that no graph index was set up.",
        )

        @sealed
        def __init__(self, *, config_file: str | Path | None = None, **settings: Any) -> None:
            path = config_file or os.environ.get(CONFIG_FILE_VARIABLE)
            sources = _Sources(set(settings), Path(path) if path else None)
            try:
                super().__init__(**{**sources.from_file(), **settings})
            except ValidationError as error:
                told = sources.explained(error)
            else:
                return
            # Raised outside of the `except`: the original holds the values, which may be secrets.
            raise JobConfigurationError(told)

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """Let an argument win as a whole: by itself, pydantic would merge tables."""
            del dotenv_settings, file_secret_settings
            given = init_settings()
            rest = {name: value for name, value in env_settings().items() if name not in given}
            return init_settings, InitSettingsSource(settings_cls, init_kwargs=rest)

        @field_validator("base_url", "host")
        @classmethod
        def _without_user(cls, value: str | None) -> str | None:
            if value is not None and "@" in value:
                raise ValueError("an address must not hold a user or password")
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            # pydantic's own refusal would show the value.
            raise JobConfigurationError(
                f"Settings are fixed: make others with `with_settings({name}=…)`."
            )

        @sealed
        def with_settings(self, **settings: Any) -> Config:
            """Return these settings with others in their place.

            Raises:
                JobConfigurationError: one of them is unknown or wrong.
            """
            held = {name: getattr(self, name) for name in type(self).model_fields}
            given = {name: value for name, value in held.items() if value is not None}
            return type(self)(**{**given, **settings})


class _Sources:
    """Where each setting came from, for the errors."""

    def __init__(self, arguments: set[str], path: Path | None) -> None:
        self._arguments = arguments
        self._path = path
        self._variables = {
            name[len(_PREFIX) :].lower(): name
            for name in os.environ
            if name.upper().startswith(_PREFIX) and name.upper() != CONFIG_FILE_VARIABLE
        }
        for setting, variable in sorted(self._variables.items()):
            if setting not in Config.model_fields:
                raise JobConfigurationError(_unknown(f"environment variable {variable}"))

    def from_file(self) -> dict[str, Any]:
        """Return the file's settings, without those that an environment variable beats."""
        if self._path is None:
            return {}
        try:
            held = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise JobConfigurationError(
                f"The settings file {self._path} cannot be read: {why}."
            ) from None
        except tomllib.TOMLDecodeError as error:
            place = str(error).rpartition("(")[2].rstrip(")")
            raise JobConfigurationError(
                f"The settings file {self._path} is no TOML: see {place}."
            ) from None
        return {name: value for name, value in held.items() if name not in self._variables}

    def explained(self, error: ValidationError) -> str:
        """Return what is wrong, and where it came from; never the value."""
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = str(first["loc"][0])
        if name in self._arguments:
            source = f"argument `{name}`"
        elif name in self._variables:
            source = f"environment variable {self._variables[name]}"
        else:
            source = f"setting `{name}` in {self._path}"
        if first["type"] == "extra_forbidden":
            return _unknown(source)
        return f"The {source} is wrong: {first['msg']}. {Config.model_fields[name].description}"


def _unknown(source: str) -> str:
    return f"The {source} is no setting. Settings are: {', '.join(Config.model_fields)}."
