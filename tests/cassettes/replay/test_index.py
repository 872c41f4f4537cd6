"""Which recording answers a request."""

from __future__ import annotations

import pytest

from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.replay.bindings import Bindings
from rai_jobs_cassettes.replay.index import Index, Repeats

from ..replaying import call, get, held


def asked(path: str, *, host: str = "live.test:8080", **more: Tree) -> dict[str, Tree]:
    return {"method": "GET", "url": f"http://{host}{path}", **more}


def answer(found: Interaction | None) -> Tree:
    return None if found is None else found.response.get("json", found.response.get("rows"))


class Player:
    """An index with its bindings, asked for answers alone."""

    def __init__(self, *interactions: Interaction, repeats: Repeats = "error") -> None:
        self.held = held(*interactions)
        self.index = Index(self.held, repeats=repeats)
        self.bindings = Bindings()

    def get(self, path: str, host: str = "live.test:8080") -> Tree:
        return answer(self.index.take("http", asked(path, host=host), self.bindings))

    def call(self, statement: str, *binds: Tree) -> Tree:
        request: dict[str, Tree] = {
            "call": "execute",
            "statement": statement,
            "binds": list(binds),
        }
        return answer(self.index.take("sql", request, self.bindings))


def test_a_poll_is_answered_in_the_order_of_the_recording() -> None:
    player = Player(get("/a", "RUNNING"), get("/b", "X"), get("/a", "RUNNING"), get("/a", "DONE"))
    assert [player.get("/a") for _ in range(4)] == ["RUNNING", "RUNNING", "DONE", None]
    assert player.get("/b") == "X"


def test_past_the_end_the_last_is_told_again_where_that_is_wanted() -> None:
    player = Player(get("/a", 1), get("/a", 2), repeats="last")
    assert [player.get("/a") for _ in range(4)] == [1, 2, 2, 2]
    assert list(player.index.unplayed) == []


def test_what_was_never_asked_for_is_told() -> None:
    player = Player(get("/a", 1), get("/b", 2), get("/a", 3), get("/c", 4))
    player.get("/a")
    player.get("/c")
    assert list(player.index.unplayed) == [1, 2]


def test_an_answer_reads_its_own_recording_alone() -> None:
    player = Player(*(get(f"/{number}", number) for number in range(100)))
    assert player.get("/50") == 50
    assert [number for number, each in enumerate(player.held) if each.read] == [50]


def test_a_request_with_a_stand_in_answers_whoever_asks_first() -> None:
    player = Player(
        call("s", "<user-1>", rows="1"),
        call("s", "<user-2>", rows="2"),
        call("s", "<user-1>", rows="3"),
    )
    assert player.call("s", "bob") == "1"
    assert player.call("s", "ann") == "2"
    assert player.call("s", "ann") is None
    assert player.call("s", "bob") == "3"


def test_a_path_with_a_stand_in_is_found() -> None:
    player = Player(get("/users/%3Cuser-1%3E/jobs", 1), get("/users/x", 2))
    assert player.get("/users/ann/jobs") == 1


def test_hosts_are_told_apart_where_they_have_stand_ins() -> None:
    player = Player(
        get("/a", 1, host="host-1.recorded.invalid"),
        get("/a", 2, host="host-2.recorded.invalid"),
        get("/a", 3, host="host-1.recorded.invalid"),
    )
    assert player.get("/a", host="one") == 1
    assert player.get("/a", host="one") == 3
    assert player.get("/a", host="two") == 2
    assert list(player.index.unplayed) == []


def test_a_host_that_was_left_as_it_is_counts_for_nothing() -> None:
    assert Player(get("/a", 1, host="127.0.0.1:1")).get("/a", host="elsewhere") == 1


def test_http_does_not_answer_sql() -> None:
    assert Player(get("/a", 1)).call("s") is None


def test_what_was_edited_by_hand_is_found_once_everything_is_read() -> None:
    player = Player(get("/a", 1), get("/b", 2), get("/c", 3))
    player.held[1].held = get("/c", "edited")
    assert player.get("/c") == 3
    assert player.get("/b") is None
    assert player.index.verify()
    assert player.get("/c") == "edited"
    assert list(player.index.unplayed) == [0]
    assert not player.index.verify()


def test_what_was_edited_by_hand_is_found_by_its_stand_in_too() -> None:
    player = Player(call("s", "<user-1>", rows=1), call("t", rows=2))
    player.held[1].held = call("edited", "<user-2>", rows="edited")
    assert player.index.verify()
    assert player.call("edited", "bob") == "edited"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_has_no_marker_is_indexed_by_its_request(order: tuple[int, int]) -> None:
    player = Player(get("/a", 1), get("/b", 2))
    for each in player.held:
        each.key = ""
    player.index = Index(player.held)
    assert [player.get(["/a", "/b"][each]) for each in order] == [order[0] + 1, order[1] + 1]
