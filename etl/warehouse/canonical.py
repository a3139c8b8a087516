"""The canonical form of an entry, over which its content hash is taken. Pure."""

import hashlib
import json
from collections.abc import Iterable

import msgspec

# Floats keep the digits they were written with: two texts that differ in the last digit are two
# contents, however a binary float would round them.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
_encoder = msgspec.json.Encoder(order="sorted")


def content(text: str) -> tuple[str, Iterable[str] | None]:
    """An entry's content hash, and the names of its members; None where these cannot be read.

    The hash is SHA-256 (64 hex digits) of the content with keys sorted and no white space between
    tokens, so a mere reordering of keys is no change. What is not JSON, or names a key twice, of
    which the canonical form would keep but one, is hashed as it is.
    """
    names: Iterable[str] | None = None
    try:
        value = _decoder.decode(text)
        names = value if isinstance(value, dict) else ()
        canonical = _encoder.encode(value)
        if len(canonical) < len(text.encode()) and _repeats_a_key(text, len(canonical)):
            canonical = text.encode()
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        canonical = text.encode("utf-8", errors="backslashreplace")
    return hashlib.sha256(canonical).hexdigest(), names


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
