"""Any secret at any leaf: searched by hypothesis."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rai_jobs_cassettes.interactions import Interaction, Tree
from rai_jobs_cassettes.placeholders import STAND_IN
from rai_jobs_cassettes.sanitize import sanitize

from .planting import leaves_of, replayed, traces_in

_TEXTS = st.text(max_size=12)
_ENCODINGS: list[Callable[[str], Tree]] = [
    str,
    lambda s: quote(s, safe=""),
    lambda s: quote(quote(s, safe=""), safe=""),
    json.dumps,
    lambda s: json.dumps({"a": json.dumps([s])}, ensure_ascii=False),
    lambda s: "".join(f"\\u{ord(each):04X}" for each in s if ord(each) < 0x10000),
    lambda s: base64.b64encode(s.encode()).decode(),
    lambda s: base64.urlsafe_b64encode(f"k:{s}".encode()).decode().rstrip("="),
    lambda s: s.encode(),
    lambda s: s.encode("utf-16-le"),
    lambda s: gzip.compress(f"[{s}]".encode(), mtime=0),
]


def _secrets() -> st.SearchStrategy[str]:
    plain = st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co"], max_codepoint=0xFFFF),
        min_size=8,
        max_size=40,
    )
    return plain.map(lambda text: f"Zq{text}7").filter(lambda text: not STAND_IN.search(text))


@st.composite
def _trees(draw: st.DrawFn, secret: str) -> dict[str, Tree]:
    encode = draw(st.sampled_from(_ENCODINGS))
    before, after = draw(_TEXTS), draw(_TEXTS)

    def around(leaf: Tree) -> Tree:
        return f"{before} {leaf} {after}" if isinstance(leaf, str) else leaf

    planted = st.just(around(encode(secret)))
    leaves: st.SearchStrategy[Tree] = st.one_of(
        planted, st.none(), st.booleans(), st.integers(), _TEXTS, st.binary(max_size=9)
    )
    below = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )
    tree: dict[str, Tree] = {"json": draw(below), "text": draw(planted)}
    return tree


@settings(deadline=None, max_examples=60)
@given(data=st.data(), secret=_secrets())
def test_a_known_secret_is_in_no_leaf_in_no_form(data: st.DataObject, secret: str) -> None:
    raw = [
        Interaction(0.0, "http", data.draw(_trees(secret)), data.draw(_trees(secret)))
        for _ in range(2)
    ]
    safe = sanitize(raw, secrets=[secret]).interactions
    for leaf in leaves_of(safe):
        if isinstance(leaf, (str, bytes)):
            assert not traces_in(leaf, secret)
            if isinstance(leaf, bytes):
                assert secret.encode("utf-16-le") not in leaf
    assert sanitize(safe, secrets=[secret]).interactions == safe
    bound: dict[str, str] = {}
    for one, was in zip(safe, raw, strict=True):
        for leaf, before in zip(leaves_of(one), leaves_of(was), strict=True):
            if isinstance(leaf, str) or isinstance(before, bytes) is False:
                assert replayed(leaf, before, bound)


@settings(deadline=None, max_examples=40)
@given(secret=_secrets())
@example("Zq\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}0000007")  # two characters in lower case
def test_what_a_header_tells_is_replaced_in_another_interaction(secret: str) -> None:
    told: dict[str, Tree] = {"headers": {"x-api-key": secret}}
    echo: dict[str, Tree] = {"json": [f"you sent {secret}", quote(secret, safe="")]}
    raw = [Interaction(0.0, "http", {}, echo), Interaction(0.0, "http", told, {})]
    safe = sanitize(raw).interactions
    assert not any(traces_in(str(leaf), secret) for leaf in leaves_of(safe))
