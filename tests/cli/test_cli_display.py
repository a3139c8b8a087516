"""Text from outside on the terminal: escaped for people, unchanged for programs."""

import csv
import io
import json
import os
import pty
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import TIMEOUT, Shell, entry, now, received

from etl.cli.table import write
from etl.sandbox.server import Sandbox

# Escape sequences, bidirectional marks, and characters that would break a line, a cell or a quote.
HOSTILE = "a\x1b]0;owned\x07\x1b[31mred\x9b2J\u202etxt.exe\u2066\u061c\r\nb|c\\d`\"'"
AS_SQL = "chr(27) || ']0;owned' || chr(7) || chr(8238) || chr(1564) || 'x|y' || chr(10) || 'z'"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def _controls(text: str) -> set[str]:
    """Characters that a terminal interprets, except for line breaks."""
    bidi = {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
    marks = {"\u061c", "\u200e", "\u200f"}
    return {
        c
        for c in text
        if (unicodedata.category(c) == "Cc" and c != "\n")
        or unicodedata.bidirectional(c) in bidi
        or c in marks
    }


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_control_characters_are_escaped(synced: Shell, sandbox: Sandbox, form: str) -> None:
    sandbox.source.insert(entry(900, now()))
    sandbox.source.change("e00900", actor_id="mallory", actor_name=HOSTILE)
    assert synced.run("sync").code == 0
    sql = "SELECT actor_name AS \"na\x1b[1mme\" FROM activity_by_actor WHERE actor_id = 'mallory'"
    ran = synced.run("query", sql, "--format", form)
    assert ran.code == 0
    assert not _controls(ran.out)
    assert len([line for line in ran.out.splitlines() if "owned" in line]) == 1
    assert form != "json" or json.loads(ran.out) == [{"na\x1b[1mme": HOSTILE}]
    piped = io.StringIO(synced.run("query", sql).out, newline="")
    assert list(csv.reader(piped)) == [["na\x1b[1mme"], [HOSTILE]]


@pytest.mark.parametrize("form", [None, "csv", "json"])
def test_a_terminal_gets_a_table_and_no_control_characters(synced: Shell, form: str | None) -> None:
    master, slave = pty.openpty()
    chosen = ("--format", form) if form else ()
    started = synced.having(TERM="dumb", COLUMNS="200").start(
        "query", f"SELECT {AS_SQL} AS name, 1 AS n", *chosen, stdin=slave, stdout=slave
    )
    os.close(slave)
    shown = received(master).replace("\r\n", "\n")
    assert (started.wait(TIMEOUT), started.communicate()[1]) == (0, "")
    assert "owned" in shown
    assert not _controls(shown)
    assert ("(1 row)" in shown) == (form is None)


def test_an_ascii_stdout_is_enough(synced: Shell) -> None:
    narrow = synced.having(PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    for form in ("csv", "table"):
        ran = narrow.process("query", "SELECT 'Z\u00fcrich' AS city", "--format", form)
        assert (ran.code, ran.err) == (0, "")
        assert "rich" in ran.out


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_a_row_of_a_table_or_of_markdown_is_one_line_with_all_its_cells(values: list[str]) -> None:
    names = [f"c{n}" for n in range(len(values))]
    for form, height in (("table", 4), ("markdown", 3)):
        out = io.StringIO()
        write(names, [values], form, out)
        assert out.getvalue().count("\n") == height
        assert not _controls(out.getvalue())
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", out.getvalue().splitlines()[2])
    assert len(cells) == len(values) + 2


@pytest.mark.parametrize("width", [60, 150, 300])
def test_a_table_cuts_no_id_and_no_time_whatever_the_width(synced: Shell, width: int) -> None:
    """What has spaces is cut into lines; where that is not enough, each field has a line."""
    master, slave = pty.openpty()
    prose = "ada gave herself the role Owner " * 4
    sql = f"SELECT id, occurred_at, content_hash, '{prose}' AS explanation FROM audit_log LIMIT 1"
    started = synced.having(TERM="dumb", COLUMNS=str(width)).start(
        "query", sql, stdin=slave, stdout=slave
    )
    os.close(slave)
    shown = received(master)
    assert started.wait(TIMEOUT) == 0
    (row,) = csv.reader(synced.rows(sql))
    for value in row[:3]:
        assert value in shown
    assert "…" not in shown
    assert ("─[ 1 ]" in shown) == (width < 130)
    assert shown.split().count("Owner") == 4
