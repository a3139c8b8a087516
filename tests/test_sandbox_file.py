"""Entries from a file."""

from __future__ import annotations

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
    "entity_type": "role",
    "entity_id": "ent_1",
    "entity_name": "Ünïcode",
    "action_type": "created",
    "actor_id": "usr_1",
    "actor_name": "李雷",
    "actor_email": "u@example.org",
    "target_id": None,
    "target_name": None,
    "department_id": None,
    "department_name": None,
    "previous_value": None,
    "new_value": {"path": "a/b", "deep": [1, {"x": None}]},
    "metadata": {"similarity": None},
    "_at": "2023-02-20T04:10:19-06:00",
}
GZIPPED = gzip.compress(b"{}" * 999)


def _write(path: Path, *lines: Any) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["log.ndjson", "log.ndjson.gz"])
def test_each_line_is_an_entry_at_its_event_time(tmp_path: Path, name: str) -> None:
    second = {**LINE, "id": "aud_2", "_at": "2023-02-20T09:00:00"}
    first_read, second_read = load(_write(tmp_path / name, LINE, "", second))
    assert first_read.occurred_at == datetime(2023, 2, 20, 10, 10, 19, tzinfo=UTC)
    assert second_read.occurred_at == datetime(2023, 2, 20, 9, tzinfo=UTC)
    for field in LINE.keys() - {"_at"}:
        assert getattr(first_read, field) == LINE[field]
    assert first_read.extra is None


def test_fields_that_the_flat_spelling_lacks_come_along(tmp_path: Path) -> None:
    (entry,) = load(_write(tmp_path / "log.ndjson", {**LINE, "at": 5, "text": "t", "risk": 1}))
    assert entry.extra == {"at": 5, "text": "t", "risk": 1}
    assert entry.text is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: Input data was truncated"),
        ("[]", "line 2: Expected `object`"),
        ({**LINE, "_at": "noon"}, "line 2: Invalid isoformat"),
        ({**LINE, "_at": 5}, "line 2: no event time in _at"),
        ({"_at": LINE["_at"], "id": "x"}, "line 2: Object missing required field"),
        ({**LINE, "actor_id": 5}, "line 2: Expected `str | null`"),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: Any, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(_write(tmp_path / "log.ndjson", LINE, line))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.ndjson", None),
        ("plain.ndjson.gz", b"{}"),
        ("cut.ndjson.gz", GZIPPED[:-9]),
        ("rotten.ndjson.gz", GZIPPED[:12] + b"\xff" * 40),
    ],
    ids=["absent", "plain", "cut", "rotten"],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"cannot read .*{name}"):
        load(tmp_path / name)
