"""The canonical form of an entry, over which its content hash is taken. Pure."""

import hashlib

import msgspec

# Floats keep the digits they were written with: two texts that differ in the last digit are two
# contents, however a binary float would round them.
_decoder = msgspec.json.Decoder(float_hook=lambda digits: {"float": digits})
_encoder = msgspec.json.Encoder(order="sorted")


def content_hash(text: str) -> str:
    """SHA-256 (64 hex digits) of an entry's content: keys sorted, no white space between tokens.

    So a mere reordering of keys is no change. What is not JSON is hashed as it is.
    """
    try:
        canonical = _encoder.encode(_decoder.decode(text))
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        canonical = text.encode("utf-8", errors="backslashreplace")
    return hashlib.sha256(canonical).hexdigest()
