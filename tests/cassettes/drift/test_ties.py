"""Which value stands for which, and where it is put in."""

from __future__ import annotations

import pytest

from rai_jobs_cassettes.drift.ties import Ties
from rai_jobs_cassettes.interactions import Tree


def ties(**pairs: str) -> Ties:
    made = Ties()
    for recorded, there in pairs.items():
        made.tie(recorded, there)
    return made


def test_values_are_bound_one_to_one() -> None:
    bound = Ties()
    assert bound.tie("a", "1")
    assert bound.tie("a", "1")
    assert not bound.tie("a", "2")
    assert not bound.tie("b", "1")
    assert (bound.knows("a"), bound.knows("b")) == (True, False)
    assert (bound.is_tied("1"), bound.is_tied("a")) == (True, False)


def test_what_is_bound_anew_stands_for_the_last() -> None:
    bound = Ties()
    bound.retie("token", "1")
    bound.retie("token", "2")
    assert bound.told("token") == "2"


@pytest.mark.parametrize(
    ("recorded", "told"),
    [
        ("job-one", "job-two"),
        ("no such job: job-one.", "no such job: job-two."),
        ('{"id": "job-one"}', '{"id": "job-two"}'),
        ("job-one-more", "job-one-more"),
        (["job-one", 1, None], ["job-two", 1, None]),
        ({"job-one": "job-one"}, {"job-one": "job-two"}),
        ("x", "y"),
        ("an x", "an x"),
        ("of <volatile-1>", "of live"),
    ],
)
def test_values_are_put_in_where_they_stand(recorded: Tree, told: Tree) -> None:
    bound = ties(**{"job-one": "job-two", "x": "y", "<volatile-1>": "live"})
    assert bound.told(recorded) == told


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://h/v1/job-one/x", "https://h/v1/job%2Ftwo/y"),
        ("https://h/v1?t=3%2Btoken&o=%3Ckept%3E", "https://h/v1?t=new&o=%3Ckept%3E"),
        ("https://h/v1/%3Cvolatile-1%3E", "https://h/v1/live"),
        ("https://h/a%20b", "https://h/a%20b"),
    ],
)
def test_urls_stay_urls(url: str, asked: str) -> None:
    bound = ties(**{"job-one": "job/two", "x": "y", "3+token": "new", "<volatile-1>": "live"})
    assert bound.asked({"method": "GET", "url": url}) == {"method": "GET", "url": asked}
