"""Which headers are recorded, and what they look like as a tree.

A header belongs into a recording when an answer may depend on it, or a client read it. What belongs
to one connection, one hop or one moment does not: it would differ each time that the same thing is
recorded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias, cast

from ..interactions import Tree
from .several import gathered

__all__ = ["CONTENT_ENCODING", "NOT_RECORDED", "Headers", "headers_of", "lines_of", "text_of"]

CONTENT_ENCODING = "content-encoding"

NOT_RECORDED: Mapping[str, str] = {
    # name, in lower case: why it is not recorded, in requests and responses alike. [choice]
    "connection": "of the connection",
    "keep-alive": "of the connection",
    "proxy-connection": "of the connection",
    "te": "of the connection",
    "trailer": "of the connection",
    "transfer-encoding": "of the connection",
    "upgrade": "of the connection",
    "expect": "of the connection",
    "alt-svc": "of the connection",
    "host": "the URL says it",
    "content-length": "computed anew; kept in the answer to a HEAD, which has no body to count",
    CONTENT_ENCODING: "the body is recorded decoded; kept where that was not possible",
    "proxy-authenticate": "of a proxy",
    "proxy-authorization": "of a proxy, and a secret",
    "via": "of a proxy",
    "age": "of a proxy, and of the moment",
    "date": "of the moment",
    "server": "of the machine that answered",
    "user-agent": "changes with each version of a client",
    "accept": "changes with each version of a client",
    "accept-charset": "changes with each version of a client",
    "accept-encoding": "changes with each version of a client",
    "accept-language": "changes with each version of a client",
    "accept-ranges": "no client of an API reads it",
    "traceparent": "made anew each time",
    "tracestate": "made anew each time",
    "baggage": "made anew each time",
    "b3": "made anew each time",
    "x-b3-traceid": "made anew each time",
    "x-b3-spanid": "made anew each time",
    "x-b3-parentspanid": "made anew each time",
    "x-b3-sampled": "made anew each time",
    "x-amzn-trace-id": "made anew each time",
    "x-cloud-trace-context": "made anew each time",
}
"""Every header that is not recorded, and why. All others are."""

Headers: TypeAlias = "dict[str, Tree]"


def headers_of(lines: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
    """Return the headers that are recorded: names in lower case, a list where one came repeatedly.

    `content-encoding` is among them: whoever decodes the body takes it out.

    Args:
        lines: name and value of each, in the order of the wire.
    """
    recorded = ((_recorded(name), value) for name, value in lines)
    found = gathered((name, text_of(value)) for name, value in recorded if name is not None)
    return cast("Headers", found)


def lines_of(headers: Tree) -> list[tuple[str, str]]:
    """Return recorded headers, one line a value.

    Raises:
        TypeError: they are no headers.
    """
    if not isinstance(headers, dict):
        raise TypeError("headers are names and values")
    lines: list[tuple[str, str]] = []
    for name, value in headers.items():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, str):
                raise TypeError(f"the header {name} is {type(each).__name__}, not text")
            lines.append((name, each))
    return lines


@lru_cache(maxsize=1024)
def _recorded(raw_name: str | bytes) -> str | None:
    name = text_of(raw_name).lower()
    return None if name in NOT_RECORDED and name != CONTENT_ENCODING else name


def text_of(raw: str | bytes) -> str:
    """Return a header's name or value as text."""
    if isinstance(raw, str):
        return raw
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
