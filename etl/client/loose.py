"""Splitting JSON as sloppy servers write it, without judging what is inside.

`msgspec` refuses a whole page for one entry with a lone surrogate, NaN, a raw control character or
a thousand levels of nesting. Here the page is only cut into its entries, by strings, brackets and
commas; whether an entry can be read is for the warehouse to say. What has no JSON token where one
is due, or an unmatched bracket, is garbage and not split.
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
    """The texts of the elements, without spaces around them; ValueError for anything else."""
    return _split(array, b"[")


def members(obj: bytes) -> list[bytes]:
    """The texts of the members, each `"key": value`; ValueError for anything but an object."""
    return _split(obj, b"{")


def _split(text: bytes, opening: bytes) -> list[bytes]:
    if text.lstrip(_SPACE)[:1] != opening:
        raise ValueError(f"no {opening.decode()}")
    parts: list[bytes] = []
    expected: list[bytes] = []  # closing brackets, the innermost last
    begin = end = 0
    for kind, token in _tokens(text):
        if begin and not expected:
            raise ValueError("more after the end")
        if kind == "open":
            expected.append(_CLOSING[token[kind]])
            begin = begin or token.end()
        elif kind == "close":
            if expected.pop() != token[kind]:
                raise ValueError("brackets do not match")
            end = token.start(kind)
        elif kind == "comma" and len(expected) == 1:
            parts.append(text[begin : token.start(kind)].strip(_SPACE))
            begin = token.end()
    if expected:
        raise ValueError("cut short")
    last = text[begin:end].strip(_SPACE)
    if parts or last:
        parts.append(last)
    if not all(parts):
        raise ValueError("nothing between two commas")
    return parts


def _tokens(text: bytes) -> Iterator[tuple[str, re.Match[bytes]]]:
    position, length = 0, len(text.rstrip(_SPACE))
    while position < length:
        token = _TOKEN.match(text, position, length)
        if token is None or token.lastgroup is None:
            raise ValueError(f"no JSON at byte {position}")
        yield token.lastgroup, token
        position = token.end()
