"""The canonical form of an entry, over which its content hash is taken. Pure."""

import hashlib
import json

import msgspec

# Floats keep the digits they were written with: two texts that differ in the last digit are two
# contents, however a binary float would round them.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
_encoder = msgspec.json.Encoder(order="sorted")

UNREAD = object()
"""Instead of the value of a text that has none, or more than one."""


def content(text: str) -> tuple[str, object]:
    """An entry's content hash, and its value; UNREAD where it is not one.

    The hash is SHA-256 (64 hex digits) of the content with keys sorted and no white space between
    tokens, so reordering keys does not change it. What is not JSON, or names a key twice, of
    which the canonical form would keep but one, is hashed as it is. In the value a number with a
    fraction or an exponent is a `msgspec.Raw`.
    """
    try:
        value = _decoder.decode(text)
        canonical = _encoder.encode(value)
        written = text.encode()
        if len(canonical) < len(written) and _repeats_a_key(text, len(canonical)):
            value, canonical = UNREAD, written
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        value, canonical = UNREAD, text.encode("utf-8", errors="backslashreplace")
    return hashlib.sha256(canonical).hexdigest(), value


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
