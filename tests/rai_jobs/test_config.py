"""Settings: where they come from, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rai_jobs import Config, JobConfigurationError

from .support import chain_of

# Per setting: its default, an argument, and what an environment variable says and means.
SETTINGS: dict[str, tuple[object, object, str, object]] = {
    "app_name": ("RELATIONALAI", "ARG", "ENV", "ENV"),
    "schema": ("api", "arg", "env", "env"),
    "direct_access": (False, True, "0", False),
    "base_url": (None, "https://arg.test", "https://env.test", "https://env.test"),
    "endpoint_cache_path": (None, Path("arg"), "env", Path("env")),
    "token": (None, SecretStr("arg"), "env", SecretStr("env")),
    "token_file": (None, Path("arg"), "env", Path("env")),
    "connection_name": (None, "arg", "env", "env"),
    "connection": (None, {"a": 1}, '{"e": [2]}', {"e": [2]}),
    "account": (None, "arg", "env", "env"),
    "user": (None, "arg", "env", "env"),
    "role": (None, "arg", "env", "env"),
    "host": (None, "arg", "env", "env"),
    "private_key_path": (None, Path("arg"), "env", Path("env")),
    "private_key_passphrase": (None, SecretStr("arg"), "env", SecretStr("env")),
    "request_timeout_s": (60.0, 1.5, "2.5", 2.5),
    "max_response_bytes": (64 * 1024 * 1024, 1, "2", 2),
    "retry_attempts": (4, 1, "2", 2),
    "retry_first_wait_s": (0.5, 1.5, "2.5", 2.5),
    "retry_max_wait_s": (10.0, 1.5, "2.5", 2.5),
    "wait_max_failures": (10, 1, "2", 2),
    "guard_rails": (False, True, "no", False),
    "gi_setup_skipped": (False, True, "off", False),
}
EACH_SETTING = pytest.mark.parametrize("name", SETTINGS)
MARK = "s3cretMARK"


def test_the_table_has_every_setting() -> None:
    assert list(SETTINGS) == list(Config.model_fields)


@EACH_SETTING
def test_a_setting_has_a_default(name: str) -> None:
    assert getattr(Config(), name) == SETTINGS[name][0]


@EACH_SETTING
@pytest.mark.parametrize("spelt", [str.upper, str.lower])
def test_a_setting_comes_from_the_environment(
    name: str, spelt: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, said, meant = SETTINGS[name]
    monkeypatch.setenv(spelt(f"RAI_JOBS_{name}"), said)
    assert getattr(Config(), name) == meant


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "connection"])
def test_an_argument_wins_over_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, argument, said, _ = SETTINGS[name]
    monkeypatch.setenv(f"RAI_JOBS_{name.upper()}", said)
    settings: dict[str, Any] = {name: argument}
    assert getattr(Config(**settings), name) == argument


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_file_gives_way_to_the_environment_and_to_arguments(
    by_variable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('token = "file"\nhost = "file"\nrole = "file"\n[connection]\na = 1\n')
    monkeypatch.setenv("RAI_JOBS_HOST", "environment")
    monkeypatch.setenv("RAI_JOBS_ROLE", "environment")
    if by_variable:
        monkeypatch.setenv("RAI_JOBS_CONFIG_FILE", str(path))
    config = Config(config_file=None if by_variable else path, role="argument")
    assert config.token == SecretStr("file")
    assert (config.host, config.role) == ("environment", "argument")
    assert config.connection == {"a": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'token = "{MARK}"\nbroken = {MARK}', "is no TOML: see .*line 2"),
        (f'guard_rails = "{MARK}"', "setting `guard_rails` in .*settings.toml is wrong"),
        (f'tokn = "{MARK}"', "setting `tokn` in .*settings.toml is no setting"),
        (f'[jobs]\ntoken = "{MARK}"', "setting `jobs` in .*settings.toml is no setting"),
    ],
)
def test_a_wrong_file_is_named_with_the_place_and_never_shown(
    text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(JobConfigurationError, match=says) as caught:
        Config(config_file=path)
    assert MARK not in f"{caught.value!r} {caught.value}"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobConfigurationError, match=r"none\.toml cannot be read: No such file"):
        Config(config_file=tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(JobConfigurationError, match=r"binary\.toml cannot be read"):
        Config(config_file=str(tmp_path / "binary.toml"))


def test_other_settings_in_their_place_leave_the_first_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAI_JOBS_HOST", "environment")
    config = Config(role="argument", guard_rails=True)
    monkeypatch.delenv("RAI_JOBS_HOST")
    other = config.with_settings(role="other", token="t")
    assert (other.role, other.guard_rails, other.host) == ("other", True, "environment")
    assert (config.role, config.token) == ("argument", None)
    with pytest.raises(JobConfigurationError, match="argument `rule` is no setting"):
        config.with_settings(rule="x")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", True), ("true", True), ("YES", True), ("on", True), ("0", False), ("No", False)],
)
def test_a_switch_is_read_in_many_forms(
    written: str, meant: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAI_JOBS_GUARD_RAILS", written)
    assert Config().guard_rails is meant


WRONG: list[tuple[str, str]] = [
    *(("request_timeout_s", value) for value in ("0", "-1", "nan", "inf", MARK, "")),
    *(("retry_max_wait_s", value) for value in ("0", "nan", MARK)),
    *(("max_response_bytes", value) for value in ("0", "-1", "1.5", MARK, "")),
    *(("retry_attempts", value) for value in ("0", "1.5", MARK)),
    *((name, value) for name in ("guard_rails", "direct_access") for value in ("2", MARK, "")),
    *((name, "") for name in ("app_name", "schema")),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
@pytest.mark.parametrize("source", ["argument", "environment"])
def test_a_wrong_value_is_named_with_its_source_and_never_shown(
    name: str, value: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAI_JOBS_TOKEN", MARK)
    given: dict[str, Any] = {name: value} if source == "argument" else {}
    named = f"argument `{name}`" if given else f"environment variable RAI_JOBS_{name.upper()}"
    if not given:
        monkeypatch.setenv(f"RAI_JOBS_{name.upper()}", value)
    with pytest.raises(JobConfigurationError, match=f"The {named} is wrong: ") as caught:
        Config(**given)
    assert_not_shown(caught.value)


@pytest.mark.parametrize("name", ["base_url", "token"])
@pytest.mark.parametrize("value", [{"a": MARK}, [MARK], 7, MARK.encode()])
def test_a_value_of_a_wrong_type_is_named_and_never_shown(name: str, value: object) -> None:
    if isinstance(value, bytes):
        value = b"\xff" + value
    settings: dict[str, Any] = {name: value}
    with pytest.raises(JobConfigurationError, match=f"The argument `{name}` is wrong: ") as caught:
        Config(**settings)
    assert_not_shown(caught.value)


def assert_not_shown(error: BaseException) -> None:
    assert list(chain_of(error)) == [error]
    assert MARK not in f"{error} {error!r}"


def test_an_unknown_argument_is_named_with_what_there_is() -> None:
    with pytest.raises(JobConfigurationError, match="argument `timeout` is no setting") as caught:
        Config(timeout=MARK)
    assert_not_shown(caught.value)
    assert ", ".join(Config.model_fields) in str(caught.value)


@pytest.mark.parametrize("name", ["RAI_JOBS_TOKN", "rai_jobs_timeout", "RAI_JOBS_"])
def test_an_unknown_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, MARK)
    with pytest.raises(JobConfigurationError, match=f"variable {name} is no setting") as caught:
        Config()
    assert MARK not in str(caught.value)


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAI_PROFILE", "RAI_JOB", "TOKEN", "BASE_URL", "MY_RAI_JOBS_X"):
        monkeypatch.setenv(name, "x")
    assert (Config().token, Config().base_url) == (None, None)


@EACH_SETTING
def test_settings_are_frozen(name: str) -> None:
    config = Config()
    with pytest.raises(JobConfigurationError, match="fixed"):
        setattr(config, name, SETTINGS[name][1])
    assert getattr(config, name) == SETTINGS[name][0]


def test_a_repr_hides_what_is_secret() -> None:
    secret: dict[str, Any] = {"token": MARK, "private_key_passphrase": MARK}
    secret["connection"] = {"password": MARK}
    config = Config(**secret, base_url="https://backend.test")
    assert MARK not in f"{config!r} {config}"
    assert "https://backend.test" in repr(config)
    assert config.token is not None
    assert config.token.get_secret_value() == MARK
