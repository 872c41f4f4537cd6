"""What looks random, and is neither an id nor data: for the last scan alone.

Ids, digests and numbers in base64 look random too, and are in every recording; a scan that cries at
them is switched off. So [choice] only what mixes both cases and digits as base64 does is told, and
hexadecimal never.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from .layers import decoded
from .marks import is_marked
from .rewriting import Hit

__all__ = ["KIND", "looks_random", "random_in"]

KIND = "high-entropy"
_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,2048}={0,2}(?![A-Za-z0-9+/_-])")
_DIGEST = re.compile(r"(?i)\b(?:sha\d*|md5|etag|w/)[\s:=\"'-]*$")
_LEAST_BITS = 3.7
_MOST_ALIKE = 0.75
"""How many neighbours may be of one class (capital, small, digit), or a capital and what follows:
random base64 has 0.55 of them, words some 0.9."""
_SHORTEST = 20
_JOINT = re.compile(r"[/_+-]")
_PLAIN = re.compile(r"[a-z]*\d*[a-z]*\d*|[A-Z]+\d*|[0-9a-f]+|[0-9A-F]+|\d+[A-Z]*")
_MOST_ZEROS = 0.1


def random_in(text: str) -> Iterable[Hit]:
    """Return the places in a text that look random."""
    for match in _TOKEN.finditer(text):
        if _DIGEST.search(text[max(0, match.start() - 12) : match.start()]):
            continue
        if not is_marked(match[0]) and looks_random(match[0]):
            yield Hit(*match.span(), KIND)


def looks_random(token: str) -> bool:
    """Tell whether a token looks like a secret that was drawn at random."""
    pieces = [each for each in _JOINT.split(token.rstrip("=")) if not _PLAIN.fullmatch(each)]
    if sum(map(len, pieces)) < _SHORTEST:
        return False
    bare = "".join(pieces)
    classes = [_class(each) for each in bare]
    if not {"A", "a", "0"} <= set(classes):
        return False
    alike = sum(one == other or (one, other) == ("A", "a") for one, other in pairwise(classes))
    if alike > _MOST_ALIKE * (len(classes) - 1) or _bits(bare) < _LEAST_BITS:
        return False
    return decoded(token) is None and not _is_numbers(token)


def _class(character: str) -> str:
    if character.isdigit():
        return "0"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return "-"


def _bits(text: str) -> float:
    """Return the entropy of a text, in bits a character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _is_numbers(token: str) -> bool:
    """Tell whether a token is base64 of binary numbers: they have zeros, what is random has few."""
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return False
    return data.count(0) > _MOST_ZEROS * len(data)
