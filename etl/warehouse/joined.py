"""Many texts in one parameter of a statement. Pure.

DuckDB converts a list parameter value by value. It takes one text as it is, and splits it fast.
"""

from collections.abc import Iterator, Sequence

_SEPARATOR = "\x1e"

AT_A_TIME = 2_000
LENGTH_AT_A_TIME = 2_000_000
"""Entries, and characters of theirs, in one statement: parsing takes many times their memory."""


def joined(**columns: Sequence[str]) -> dict[str, object]:
    """Parameters that hold each column as one text, and `separator`, which no text of them holds.

    It is U+001E, which JSON text cannot hold (RFC 8259), and longer where a text is not JSON.
    """
    separator = _SEPARATOR
    while True:
        values = {name: separator.join(texts) for name, texts in columns.items()}
        if all(
            text.count(separator) == max(len(columns[name]) - 1, 0) for name, text in values.items()
        ):
            return {**values, "separator": separator}
        separator += "\x1f"


def few_at_a_time(texts: Sequence[str]) -> Iterator[slice]:
    """Cuts a sequence of texts into stretches that one statement can parse."""
    begin = length = 0
    for end, text in enumerate(texts, start=1):
        length += len(text)
        if end - begin >= AT_A_TIME or length >= LENGTH_AT_A_TIME:
            yield slice(begin, end)
            begin, length = end, 0
    if begin < len(texts):
        yield slice(begin, len(texts))
