"""Many texts in one parameter of a statement. Pure.

DuckDB takes a list of texts one value after the other; one text it takes as it is, and splits it
as fast as it is read.
"""

from collections.abc import Iterator, Sequence

_SEPARATOR = "\x1e"

AT_A_TIME = 2_000
LENGTH_AT_A_TIME = 2_000_000
"""Entries, and characters of theirs, that go into one statement: to take them apart it needs many
times as much memory."""


def joined(**columns: Sequence[str]) -> dict[str, object]:
    """Parameters that hold each column as one text, and `separator`, which no text of them holds.

    It is U+001E, which JSON text cannot hold (RFC 8259), and longer for what is no JSON.
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
    """Cuts a sequence of texts into stretches that one statement can take apart."""
    begin = length = 0
    for end, text in enumerate(texts, start=1):
        length += len(text)
        if end - begin >= AT_A_TIME or length >= LENGTH_AT_A_TIME:
            yield slice(begin, end)
            begin, length = end, 0
    if begin < len(texts):
        yield slice(begin, len(texts))
