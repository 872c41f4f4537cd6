"""Who may use the control API: no page in a browser, and nobody without the token."""

from __future__ import annotations

import json

import pytest

from rai_jobs_fakes.control.access import Access, is_loopback, new_token
from rai_jobs_fakes.faces.http import HttpRequest

from .talking import HOST, Control

JSON = {"content-type": "application/json"}
USER = b'{"name": "ann"}'


class TestBrowsers:
    """A page in a browser gets nowhere."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.test"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:8080"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-origin"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
    def test_a_request_of_a_page_is_refused(self, headers: dict[str, str], method: str) -> None:
        control = Control()
        answer = control.send(method, "/control/users", USER, headers={**HOST, **JSON, **headers})
        assert answer.status == 403
        assert "browser" in answer.error["message"]
        assert [user.name for user in control.backend.snapshot().users] == ["fake_user"]

    @pytest.mark.parametrize(
        "host", ["evil.test", "evil.test:8080", "127.0.0.1.evil.test", "localhost.evil.test", ""]
    )
    def test_a_host_that_is_not_ours_is_refused(self, host: str) -> None:
        answer = Control().get("/control/users", host=host)
        assert answer.status == 403
        assert answer.error["valid"] == ["localhost", "127.0.0.1"]
        assert "--allowed-host" in answer.error["message"]

    def test_a_request_without_a_host_is_refused(self) -> None:
        assert Control().send("GET", "/control/users", headers={}).status == 403

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "127.0.0.1:1", "localhost:80", "LOCALHOST", "[::1]:80", "127.8.8.8"]
    )
    def test_loopback_is_ours_by_every_name(self, host: str) -> None:
        assert Control().get("/control/users", host=host).status == 200

    def test_a_host_that_is_named_is_ours(self) -> None:
        control = Control(access=Access.of(["Fake.Internal", "10.0.0.7", "[fd00::1]"], None))
        for host in ("fake.internal:8080", "FAKE.internal", "10.0.0.7:1", "[FD00::1]:8080"):
            assert control.get("/control/users", host=host).status == 200
        assert control.get("/control/users", host="other.internal").status == 403

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
    )
    def test_a_body_that_is_not_said_to_be_json_is_refused(self, kind: str) -> None:
        control = Control()
        headers = {**HOST, "content-type": kind}
        answer = control.send("POST", "/control/users", USER, headers=headers)
        assert answer.status == 415
        assert "application/json" in answer.error["message"]
        assert len(control.backend.snapshot().users) == 1

    def test_a_form_without_a_body_is_refused(self) -> None:
        headers = {**HOST, "content-type": "application/x-www-form-urlencoded"}
        assert Control().send("POST", "/control/reset", headers=headers).status == 415

    def test_json_may_name_its_encoding_and_a_reset_needs_no_body(self) -> None:
        control = Control()
        headers = {**HOST, "content-type": "Application/JSON; charset=utf-8"}
        assert control.send("POST", "/control/users", USER, headers=headers).status == 200
        assert control.send("POST", "/control/reset").status == 200


class TestTokens:
    """Where there is a control token, it is asked for."""

    @pytest.mark.parametrize(
        "shown",
        ["", "Bearer", "Bearer wrong", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer é"],
    )
    def test_without_the_token_nothing_is_told(self, shown: str) -> None:
        control = Control(access=Access(token="s3cret"))
        for path in ("/control/users", "/control/openapi.json", "/control/nowhere"):
            answer = control.get(path, authorization=shown)
            assert answer.status == 401
            assert answer.response.headers["www-authenticate"] == "Bearer"
            assert "s3cret" not in answer.text

    def test_with_the_token_all_is_told(self) -> None:
        control = Control(access=Access(token="s3cret"))
        for shown in ("Bearer s3cret", "bearer s3cret"):
            assert control.get("/control/users", authorization=shown).status == 200

    def test_a_host_is_asked_for_beside_the_token(self) -> None:
        control = Control(access=Access(token="s3cret"))
        headers = {"host": "evil.test", "authorization": "Bearer s3cret"}
        assert control.send("GET", "/control/users", headers=headers).status == 403

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_health_needs_no_token_and_no_host(self, path: str) -> None:
        control = Control(access=Access(token="s3cret"))
        answer = control.send("GET", path, headers={})
        assert answer.status == 200
        assert answer.json["status"] == "ok"
        assert control.send("POST", path, headers={}).status == 405

    def test_a_server_that_is_about_to_stop_is_well_and_not_ready(self) -> None:
        control = Control(access=Access(token="s3cret"))
        for path, status in (("/healthz", 200), ("/readyz", 503)):
            answer = control.face.handle(HttpRequest("GET", path), unready="It is about to stop.")
            assert answer.status == status
        assert json.loads(answer.body)["error"]["message"] == "It is about to stop."

    def test_a_token_never_shows_and_is_never_empty(self) -> None:
        assert "s3cret" not in repr(Access(token="s3cret"))
        with pytest.raises(ValueError, match="control token is empty"):
            Access(token=" ")

    def test_tokens_that_are_made_are_long_and_never_the_same(self) -> None:
        assert len(new_token()) > 40
        assert new_token() != new_token()


def test_loopback_is_told_from_other_addresses() -> None:
    ours = ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
    assert all(map(is_loopback, ours))
    others = ["0.0.0.0", "::", "192.0.2.1", "example.test", ""]  # noqa: S104
    assert not any(map(is_loopback, others))
