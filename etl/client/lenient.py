"""A lenient JSON splitter: cuts a page into the texts of its entries and does not parse them.

`msgspec` rejects a whole page if one entry has a lone surrogate, NaN, a raw control character or a
thousand levels of nesting. This splitter looks only at strings, brackets and commas; the warehouse
decides whether an entry is readable. It raises ValueError for text that has anything else than a
JSON token where one is expected, or an unmatched bracket.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    rb"""[ \t\r\n]*(?:
        (?P<open>[\[{])
      | (?P<close>[\]}])
      | (?P<comma>,)
      | (?P<rest>:
          | "(?:[^"\\]++|\\.)*+"
          | -?[0-9][0-9.eE+-]*+
          | true | false | null | NaN | -?Infinity
        )
    )""",
    re.DOTALL | re.VERBOSE,
)
_SPACE = b" \t\r\n"
_CLOSING = {b"{": b"}", b"[": b"]"}


def elements(array: bytes) -> list[bytes]:
    """Return the text of each element, stripped. Raises ValueError if not an array."""
    return _split(array, b"[")


def members(obj: bytes) -> list[bytes]:
    """Return the text of each member, `"key": value`. Raises ValueError if not an object."""
    return _split(obj, b"{")


def _split(text: bytes, opening: bytes) -> list[bytes]:
    if text.lstrip(_SPACE)[:1] != opening:
        raise ValueError(f"does not begin with {opening.decode()}")
    parts: list[bytes] = []
    expected: list[bytes] = []  # closing brackets, the innermost last
    begin = end = 0
    for kind, token in _tokens(text):
        if begin and not expected:
            raise ValueError("has trailing data")
        if kind == "open":
            expected.append(_CLOSING[token[kind]])
            begin = begin or token.end()
        elif kind == "close":
            if expected.pop() != token[kind]:
                raise ValueError("has unmatched brackets")
            end = token.start(kind)
        elif kind == "comma" and len(expected) == 1:
            parts.append(text[begin : token.start(kind)].strip(_SPACE))
            begin = token.end()
    if expected:
        raise ValueError("is truncated")
    last = text[begin:end].strip(_SPACE)
    if parts or last:
        parts.append(last)
    if not all(parts):
        raise ValueError("has an empty element")
    return parts


def _tokens(text: bytes) -> Iterator[tuple[str, re.Match[bytes]]]:
    position, length = 0, len(text.rstrip(_SPACE))
    while position < length:
        token = _TOKEN.match(text, position, length)
        if token is None or token.lastgroup is None:
            raise ValueError(f"has no JSON token at byte {position}")
        yield token.lastgroup, token
        position = token.end()
