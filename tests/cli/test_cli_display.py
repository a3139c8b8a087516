"""What the outside wrote, shown: nothing that a terminal would obey, nothing lost for programs."""

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
from shell import Shell, entry, now, received

from etl.cli.table import write
from etl.cli.text import plain
from etl.sandbox.server import Sandbox

# What a name from outside may hold: a terminal's commands, marks that turn the direction of text,
# and what would break a line, a cell or a quotation.
HOSTILE = "a\x1b]0;owned\x07\x1b[31mred\x9b2J\u202etxt.exe\u2066\u061c\r\nb|c\\d`\"'"
AS_SQL = "chr(27) || ']0;owned' || chr(7) || chr(8238) || chr(1564) || 'x|y' || chr(10) || 'z'"


def _controls(text: str) -> set[str]:
    """Characters that a terminal obeys, but for the ends of lines."""
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
def test_what_a_terminal_would_obey_is_written_as_an_escape(synced: Shell, form: str) -> None:
    ran = synced.run("query", f'SELECT {AS_SQL} AS "na\x1b[1mme"', "--format", form)
    assert ran.code == 0
    assert not _controls(ran.out)
    assert "owned" in ran.out
    rows = [line for line in ran.out.splitlines() if "owned" in line]
    assert len(rows) == 1


def test_csv_for_a_program_keeps_every_character(synced: Shell) -> None:
    ran = synced.process("query", f"SELECT {AS_SQL} AS name")
    assert list(csv.reader(io.StringIO(ran.out)))[1] == ["\x1b]0;owned\x07\u202e\u061cx|y\nz"]


@pytest.mark.parametrize("form", [None, "csv", "json"])
def test_on_a_terminal_no_format_lets_a_control_character_through(
    synced: Shell, form: str | None
) -> None:
    master, slave = pty.openpty()
    chosen = ("--format", form) if form else ()
    started = synced.having(TERM="dumb", COLUMNS="200").start(
        "query", f"SELECT {AS_SQL} AS name, 1 AS n", *chosen, stdin=slave, stdout=slave
    )
    os.close(slave)
    shown = received(master).replace("\r\n", "\n")
    assert (started.wait(60), started.communicate()[1]) == (0, "")
    assert "owned" in shown
    assert not _controls(shown)
    assert form is not None or "(1 row)" in shown


@given(st.text(st.characters(), max_size=30))
def test_plain_text_is_one_line_without_commands_and_keeps_letters(text: str) -> None:
    shown = plain(text)
    assert not _controls(shown)
    assert "\n" not in shown
    shown.encode()
    letters = [c for c in text if c.isalpha()]
    assert [c for c in shown if c.isalpha() and not c.isascii()] == [
        c for c in letters if not c.isascii()
    ]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=4)
)
def test_a_row_is_one_line_of_a_table_and_of_markdown_whatever_it_holds(values: list[str]) -> None:
    names = [f"c{n}" for n in range(len(values))]
    for form, height in (("table", 4), ("markdown", 3)):
        out = io.StringIO()
        write(names, [values], form, out)
        assert out.getvalue().count("\n") == height
        assert not _controls(out.getvalue())
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", out.getvalue().splitlines()[2])
    assert len(cells) == len(values) + 2


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_json_keeps_every_character_though_it_shows_none_that_a_terminal_obeys(text: str) -> None:
    out = io.StringIO()
    write(["name"], [[text]], "json", out)
    assert json.loads(out.getvalue()) == [{"name": text}]
    assert not _controls(out.getvalue())


def test_a_reader_that_has_had_enough_is_no_error(synced: Shell) -> None:
    started = synced.start("query", "SELECT i, repeat('x', 50) AS x FROM range(100000) AS t(i)")
    assert started.stdout is not None
    assert started.stdout.readline() == "i,x\n"
    started.stdout.close()
    started.stdout = None
    _, err = started.communicate(timeout=60)
    assert (started.returncode, err) == (0, "")


def test_a_reader_that_is_gone_before_the_first_line_is_no_error(synced: Shell) -> None:
    read, write_end = os.pipe()
    os.close(read)
    started = synced.start("query", "SELECT 1", stdout=write_end)
    os.close(write_end)
    _, err = started.communicate(timeout=60)
    assert err == ""


def test_a_stdout_that_knows_only_ascii_gets_an_answer(synced: Shell) -> None:
    narrow = synced.having(PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    for form in ("csv", "table"):
        ran = narrow.process("query", "SELECT 'Z\u00fcrich' AS city", "--format", form)
        assert (ran.code, ran.err) == (0, "")
        assert "rich" in ran.out


def test_a_name_that_the_source_served_is_shown_without_its_commands(
    synced: Shell, sandbox: Sandbox
) -> None:
    sandbox.source.insert(entry(900, now()))
    sandbox.source.change("e00900", actor_id="mallory", actor_name=HOSTILE)
    assert synced.run("sync").code == 0
    sql = "SELECT actor_name FROM activity_by_actor WHERE actor_id = 'mallory'"
    for form in ("table", "markdown", "json"):
        shown = synced.run("query", sql, "--format", form).out
        assert "owned" in shown
        assert not _controls(shown)
    assert json.loads(shown) == [{"actor_name": HOSTILE}]
