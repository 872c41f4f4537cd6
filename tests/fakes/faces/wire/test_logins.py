"""Who may come in over the wire, and how they are refused."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from itertools import count
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rai_jobs.http.keys import KeyPair
from rai_jobs_fakes import FakeBackend
from rai_jobs_fakes.accounts import Accounts

from .talking import KEY, Answer, Wire, another_key, pem_of

NOW = datetime(2031, 5, 6, tzinfo=timezone.utc)
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def wire() -> Wire:
    return Wire()


def signed(account: str = "acme.eu-west-1", user: str = "ann", key: Any = KEY) -> str:
    return KeyPair(account, user, key).signed(NOW)


def claims(**changed: Any) -> dict[str, Any]:
    told = jwt.decode(signed(), options={"verify_signature": False})
    return {**told, **changed}


class TestPasswords:
    """By name and password."""

    def test_a_login_tells_session_tokens_and_where_it_is(self, wire: Wire) -> None:
        data = wire.login().data
        assert data["token"] != data["masterToken"]
        assert (data["validityInSeconds"], data["masterValidityInSeconds"]) == (3_600, 14_400)
        assert data["sessionId"] == 1
        assert data["sessionInfo"] == {
            "databaseName": None,
            "schemaName": None,
            "warehouseName": "FAKE_WAREHOUSE",
            "roleName": "PUBLIC",
        }
        assert {"name": "TIMEZONE", "value": "UTC"} in data["parameters"]
        assert {"name": "CLIENT_TELEMETRY_ENABLED", "value": False} in data["parameters"]

    @pytest.mark.parametrize("name", ["ann", "ANN", "Ann"])
    def test_case_does_not_matter_and_the_owner_is_the_user(self, wire: Wire, name: str) -> None:
        wire.login(LOGIN_NAME=name, PASSWORD=wire.backend.password("Ann"))
        wire.query("call RELATIONALAI.api.exec_job_async('ML', 'w', '{}')")
        assert wire.backend.executions[0].created_by == "Ann"
        assert wire.query("select current_user(), current_role()").rows == [["Ann", "ACCOUNTADMIN"]]

    def test_of_two_names_that_differ_by_case_the_exact_one_is_meant(self, wire: Wire) -> None:
        wire.backend.add_user("BOB", password="another")
        assert wire.login(LOGIN_NAME="BOB").code == "390100"
        assert wire.login(LOGIN_NAME="BOB", PASSWORD="another").data["displayUserName"] == "BOB"
        assert wire.login(LOGIN_NAME="bob").data["displayUserName"] == "bob"

    @pytest.mark.parametrize(
        "shown",
        [
            {"PASSWORD": "wrong-s3cret"},
            {"PASSWORD": ""},
            {"PASSWORD": None},
            {"PASSWORD": ["bobs own"]},
            {"LOGIN_NAME": "nobody", "PASSWORD": "wrong-s3cret"},
            {"LOGIN_NAME": 7},
            {"LOGIN_NAME": "Ann", "PASSWORD": "bobs-token"},
            {"LOGIN_NAME": "bob", "PASSWORD": "b\ud800"},
        ],
    )
    def test_a_wrong_one_is_refused_the_same_way_whatever_is_wrong(
        self, wire: Wire, shown: dict[str, Any]
    ) -> None:
        answer = wire.login(**shown)
        assert (answer.status, answer.code) == (200, "390100")
        assert answer.json["message"] == "Incorrect username or password was specified."
        assert answer.json["data"] is None

    def test_a_token_may_stand_where_the_password_does(self, wire: Wire) -> None:
        assert wire.login(PASSWORD="bobs-token").code is None

    def test_it_begins_where_the_client_wants(self, wire: Wire) -> None:
        where = {
            "roleName": "my_role",
            "databaseName": "d",
            "schemaName": '"s p"',
            "warehouse": "w",
        }
        wanted = {"QUERY_TAG": "mine", "CLIENT_PREFETCH_THREADS": 2, "odd": {"a": 1}}
        info = wire.login(query=where, SESSION_PARAMETERS=wanted).data["sessionInfo"]
        assert list(info.values()) == ["D", "s p", "W", "MY_ROLE"]
        asked = "select current_account(), current_database(), current_schema(), current_session()"
        assert wire.query(asked).rows == [["ACME", "D", "s p", "1"]]
        [shown] = wire.query("show parameters like 'QUERY%'").rows
        assert shown[:4] == ["QUERY_TAG", "mine", "", "SESSION"]

    def test_passwords_are_made_from_the_seed_and_kept_apart(self) -> None:
        first, again, other = FakeBackend(seed=1), FakeBackend(seed=1), FakeBackend(seed=2)
        assert first.password() == again.password() != other.password()
        first.add_user("ann")
        assert first.password("ann") not in {first.password(), first.token("ann")}
        with pytest.raises(ValueError, match="no user 'nobody'"):
            first.password("nobody")

    def test_an_unknown_authenticator_is_named_with_those_that_are_known(self, wire: Wire) -> None:
        answer = wire.login(AUTHENTICATOR="EXTERNALBROWSER")
        assert (answer.status, answer.code) == (200, "390400")
        assert "'EXTERNALBROWSER'" in answer.json["message"]
        assert "SNOWFLAKE_JWT" in answer.json["message"]


class TestTokens:
    """By programmatic access token and by OAuth."""

    @pytest.mark.parametrize("kind", ["PROGRAMMATIC_ACCESS_TOKEN", "OAUTH", "oauth"])
    @pytest.mark.parametrize("name", ["bob", ""])
    def test_the_users_token_lets_in(self, wire: Wire, kind: str, name: str) -> None:
        answer = wire.login(AUTHENTICATOR=kind, TOKEN="bobs-token", LOGIN_NAME=name)
        assert answer.data["displayUserName"] == "bob"

    @pytest.mark.parametrize(
        ("kind", "token", "code"),
        [
            ("PROGRAMMATIC_ACCESS_TOKEN", "wrong", "394400"),
            ("PROGRAMMATIC_ACCESS_TOKEN", "anns", "394400"),
            ("PROGRAMMATIC_ACCESS_TOKEN", None, "394400"),
            ("OAUTH", "wrong", "390303"),
            ("OAUTH", "anns", "390309"),
        ],
    )
    def test_another_is_refused(self, wire: Wire, kind: str, token: str | None, code: str) -> None:
        shown = wire.backend.token("Ann") if token == "anns" else token
        answer = wire.login(AUTHENTICATOR=kind, TOKEN=shown)
        assert answer.code == code
        assert str(shown) not in answer.json["message"]


class TestKeyPairs:
    """By a signed statement."""

    def login(self, wire: Wire, statement: object, name: str = "ann") -> Answer:
        return wire.login(AUTHENTICATOR="SNOWFLAKE_JWT", TOKEN=statement, LOGIN_NAME=name)

    def test_the_key_of_the_user_lets_in_whatever_the_backends_time_is(self, wire: Wire) -> None:
        assert self.login(wire, signed()).data["displayUserName"] == "Ann"

    @pytest.mark.parametrize("form", ["pem", "bytes", "bare", "key"])
    def test_the_key_is_registered_in_any_usual_form(self, wire: Wire, form: str) -> None:
        pem = pem_of(another_key())
        bare = "".join(pem.splitlines()[1:-1])
        forms: dict[str, Any] = {
            "pem": pem,
            "bytes": pem.encode(),
            "bare": bare,
            "key": another_key().public_key(),
        }
        wire.backend.add_user("zoe", public_key=forms[form])
        assert self.login(wire, signed(user="zoe", key=another_key()), "zoe").code is None

    def test_what_is_no_rsa_key_is_not_registered(self, wire: Wire) -> None:
        elliptic = ec.generate_private_key(ec.SECP256R1())
        with pytest.raises(ValueError, match="public key given for 'zoe' cannot be read"):
            wire.backend.add_user("zoe", public_key="nonsense")
        with pytest.raises(ValueError, match="must be an RSA public key"):
            wire.backend.add_user("zoe", public_key=pem_of(elliptic))  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="password of 'zoe' is empty"):
            wire.backend.add_user("zoe", password="")

    @pytest.mark.parametrize(
        "statement",
        [
            signed(key=another_key()),
            signed(user="bob"),
            signed(user="nobody"),
            jwt.encode(claims(), "x" * 64, algorithm="HS256"),
            jwt.encode(claims(), "", algorithm="none"),
            jwt.encode(claims(iss="ACME.ANN.SHA256:other"), KEY, algorithm="RS256"),
            jwt.encode(claims(exp=claims()["iat"]), KEY, algorithm="RS256"),
            jwt.encode(claims(exp=claims()["iat"] + 3_601), KEY, algorithm="RS256"),
            jwt.encode(claims(sub="ANN"), KEY, algorithm="RS256"),
            jwt.encode({"sub": "ACME.ANN"}, KEY, algorithm="RS256"),
            jwt.encode(claims(exp="soon"), KEY, algorithm="RS256"),
            "a.b.c",
            "",
            None,
            base64.b64encode(b"{" * 5_000).decode() + ".e30.e30",
        ],
        # Each process has keys of its own.
        ids=count(),
    )
    def test_anything_else_is_refused(self, wire: Wire, statement: object) -> None:
        assert self.login(wire, statement).code == "390144"

    def test_it_lets_in_nobody_else(self, wire: Wire) -> None:
        assert self.login(wire, signed(), "bob").code == "390144"


class TestExchange:
    """`/oauth/token`: a signed statement for a token of Direct Access."""

    def exchange(self, wire: Wire, **changed: str) -> Answer:
        form = {
            "grant_type": GRANT,
            "scope": "session:role:PUBLIC host.test",
            "assertion": signed(),
        }
        body = urlencode({**form, **changed}).encode()
        return wire.send("POST", "/oauth/token", raw=body, token=None)

    def test_it_is_exchanged_for_a_token_that_lasts_an_hour(self, wire: Wire) -> None:
        answer = self.exchange(wire)
        token = answer.response.body.decode()
        assert (answer.status, answer.response.headers["content-type"]) == (200, "text/plain")
        user = wire.backend.user_of_token(token)
        assert user is not None
        assert user.name == "Ann"
        wire.backend.clock.sleep(3_599)
        assert wire.backend.user_of_token(token) == user
        wire.backend.clock.sleep(1)
        assert wire.backend.user_of_token(token) is None
        assert self.exchange(wire).response.body.decode() != token

    @pytest.mark.parametrize(
        "changed",
        [
            {"grant_type": "password"},
            {"scope": " "},
            {"assertion": signed(key=another_key())},
            {"assertion": "x"},
        ],
        ids=["grant", "scope", "key", "nonsense"],
    )
    def test_anything_else_is_an_invalid_grant(self, wire: Wire, changed: dict[str, str]) -> None:
        answer = self.exchange(wire, **changed)
        assert answer.status == 400
        assert json.loads(answer.response.body)["error"] == "invalid_grant"

    def test_a_body_that_is_no_form_is_an_invalid_grant(self, wire: Wire) -> None:
        for raw in (b"", b"\xff\xfe", b"&".join([b"a=1"] * 200)):
            answer = wire.send("POST", "/oauth/token", raw=raw, token=None)
            assert answer.status == 400


def test_no_secret_shows_where_it_is_kept(wire: Wire) -> None:
    wire.login()
    accounts, sessions = Accounts(0, wire.backend.clock.now), wire.face.sessions
    accounts.put("bob", admin=False, token="bobs-token", password="bobs own", public_key=None)
    held = [vars(accounts)["_by_name"], vars(sessions)["_lives"]]
    shown = f"{wire.backend!r} {accounts!r} {held!r}"
    shown += f" {wire.backend.transcript} {wire.login(PASSWORD='wrong').json}"
    secrets = ["bobs own", "bobs-token", wire.backend.password("Ann"), wire.backend.token("Ann")]
    secrets += [wire.tokens["token"], wire.tokens["masterToken"]]
    assert [secret for secret in secrets if secret in shown] == []
