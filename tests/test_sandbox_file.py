"""Entries from a file."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.errors import UsageError
from etl.sandbox.file import load

LINE = {
    "id": "aud_1",
    "organization_id": "org_abc",
    "entity_name": "Ünïcode",
    "actor_id": "usr_1",
    "target_id": None,
    "new_value": {"path": "a/b", "deep": [1, {"x": None}]},
    "_at": "2023-02-20T04:10:19-06:00",
}
GZIPPED = gzip.compress(b"{}" * 999, mtime=0)  # the same in each process: it names tests


@pytest.mark.parametrize(("name", "packed"), [("a.ndjson", bytes), ("a.ndjson.gz", gzip.compress)])
def test_each_line_is_an_entry_with_its_time_and_further_fields(
    tmp_path: Path, name: str, packed: Any
) -> None:
    utc, untimed = (
        {**LINE, "_at": "2023-02-20T09:00:00"},
        {**LINE, "_at": None, "text": "t", "n": 1},
    )
    lines = "\n\n".join(json.dumps(line) for line in (LINE, utc, untimed))
    (tmp_path / name).write_bytes(packed(lines.encode()))
    first, second, third = load(tmp_path / name)
    assert first.occurred_at == datetime(2023, 2, 20, 10, 10, 19, tzinfo=UTC)
    assert second.occurred_at == datetime(2023, 2, 20, 9, tzinfo=UTC)
    assert {field: getattr(first, field) for field in LINE if field != "_at"}.items() < LINE.items()
    assert (third.at, third.text, third.extra) == (None, None, {"text": "t", "n": 1})


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: Input data was truncated"),
        (json.dumps({**LINE, "_at": "noon"}), "line 2: Invalid isoformat"),
        (json.dumps({"id": "x", "organization_id": "o"}), "line 2: no event time in _at"),
        (json.dumps({"_at": None}), "line 2: Object missing required field"),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "log.ndjson").write_text(f"{json.dumps(LINE)}\n{line}")
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "log.ndjson")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"{}", GZIPPED[:-9], GZIPPED[:10] + b"\xff" * 40])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.ndjson.gz").write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot read .*a\.ndjson\.gz"):
        load(tmp_path / "a.ndjson.gz")
