"""The canonical form of an entry, over which its content hash is taken. Pure."""

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence

import msgspec

Path = tuple[str, ...]

UNREAD = object()
"""Instead of the value of a text that has none, or more than one."""

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""A pattern, for Python and for DuckDB."""

_UUID = re.compile(f'"{UUID}"'.encode())

_here = threading.local()


def _digits(written: str) -> msgspec.Raw:
    """Floats keep the digits they were written with: two texts that differ in the last digit are
    two contents, however a binary float would round them."""
    _here.fractions = True
    return msgspec.Raw(written.encode())


_decoder = msgspec.json.Decoder(float_hook=_digits)
_encoder = msgspec.json.Encoder(order="sorted")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def content(text: str, ignored: Sequence[Path] = ()) -> tuple[str, object, bool]:
    """An entry's content hash; its value, UNREAD where it is not one; and whether another program
    might write the text otherwise: it has white space, escapes, or numbers with a fraction.

    The hash is SHA-256 (64 hex digits) of the content with keys sorted, UUIDs in lower case and no
    white space between tokens, so reordering keys does not change it. Members at these paths are
    left out of it, but not of the value. What is not JSON, or names a key twice, of which the
    canonical form would keep but one, is hashed as it is. In the value a number with a fraction or
    an exponent is a `msgspec.Raw`.
    """
    _here.fractions = False
    try:
        value = _decoder.decode(text)
        canonical = _encoder.encode(value)
        written = text.encode()
        if len(canonical) < len(written) and _repeats_a_key(text, len(canonical)):
            value, canonical = UNREAD, written
        else:
            for path in ignored:
                canonical = _encoder.encode(_without(_decoder.decode(canonical), path))
            if canonical.count(b"-") >= 4:
                canonical = _UUID.sub(lambda uuid: uuid[0].lower(), canonical)
        loose = _here.fractions or len(canonical) != len(written)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        value, canonical, loose = UNREAD, text.encode("utf-8", errors="backslashreplace"), True
    return hashlib.sha256(canonical).hexdigest(), value, loose


def served(text: str, places: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    """For each name the text at the first of these paths that has a value, as it was served."""
    found = {}
    for name, paths in places.items():
        for path in paths:
            value = _at(text, path)
            if value is not None and value != "null":
                found[name] = value
                break
    return found


def _at(text: str, path: Path) -> str | None:
    try:
        for name in path:
            raw = _members.decode(text).get(name)
            if raw is None:
                return None
            text = str(raw, "utf-8")
    except msgspec.MsgspecError:
        return None
    return text


def _without(value: object, path: Path) -> object:
    """A value without the member at a path; of a list, without it in each element."""
    first, *rest = path
    if isinstance(value, list):
        return [_without(each, path) for each in value]
    if not isinstance(value, dict) or first not in value:
        return value
    if not rest:
        return {name: inner for name, inner in value.items() if name != first}
    return {**value, first: _without(value[first], tuple(rest))}


def _repeats_a_key(text: str, length: int) -> bool:
    """Looks closely only where the canonical form is shorter than the text without its spaces."""
    if length >= len(msgspec.json.format(text, indent=-1).encode()):
        return False
    repeated = False

    def members(pairs: list[tuple[str, object]]) -> None:
        nonlocal repeated
        repeated |= len({name for name, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=members)
    return repeated
