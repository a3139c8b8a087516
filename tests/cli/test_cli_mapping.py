"""From an entry's text to its columns: other names than ours, other values, altered rows."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import msgspec
import pytest
from shell import ROOT, Shell

from etl.sandbox.entry import Entry
from etl.sandbox.server import Sandbox

CAMEL = {"id": "eventKey", "created_at": "whenHappened", "actor_id": "byWhom"}


def serve(
    sandbox: Sandbox, change: Callable[[dict[str, object], Entry], dict[str, object]]
) -> None:
    """Serves each entry as `change` makes it from what would be served."""
    made = []
    for each in sandbox.source.entries():
        plain = {
            name: getattr(each, name)
            for name in ("id", "entity_type", "entity_name", "action_type", "actor_id", "new_value")
        } | {"created_at": each.occurred_at.isoformat()}
        text = msgspec.json.encode(change(plain, each))
        made.append(msgspec.structs.replace(each, text=text))
    sandbox.source.vanish(*(str(each.id) for each in made))
    sandbox.source.insert(*made)


def renamed(plain: dict[str, object], _: Entry) -> dict[str, object]:
    return {CAMEL.get(name, name): value for name, value in plain.items()}


def change(shell: Shell, statement: str) -> None:
    with duckdb.connect(str(shell.warehouse)) as connection:
        connection.execute(statement)


FIRST = "(SELECT min(id) FROM audit_log)"
PLANTED = {
    f"UPDATE audit_log SET actor_name = 'Mallory' WHERE id = {FIRST}": "actor_name not as in its",
    f"UPDATE audit_log SET raw = replace(raw, 'assigned', 'deleted') WHERE id = {FIRST}": (
        "its text (raw) does not have its content_hash"
    ),
    f"UPDATE audit_log SET content_hash = 'x' WHERE id = {FIRST}": "content_hash",
    f"DELETE FROM audit_log WHERE id = {FIRST}": "249 entries are held, but the last proof counted",
    "INSERT INTO audit_log SELECT * REPLACE ('new' AS id) FROM audit_log LIMIT 1": "new: id not as",
    "INSERT INTO audit_log FROM audit_log LIMIT 1": "2 rows have this id",
    f"UPDATE audit_log SET run_id = 'x' WHERE id = {FIRST}": "no run has stored it (run x)",
    "INSERT INTO quarantine BY NAME SELECT * EXCLUDE (id), id || 'x' AS id, 'no_time' AS reason "
    "FROM (SELECT organization_id, id, raw, content_hash, first_synced_at, run_id FROM audit_log "
    "LIMIT 1)": "(in quarantine): id, reason not as in its text",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_copy_that_was_changed_by_hand_is_found_without_its_source(
    synced: Shell, planted: str
) -> None:
    offline = synced.having(ETL_API_TOKEN=None, ETL_API_BASE_URL=None)
    ran = offline.run("verify", "--local")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("org_demo: sound: 250 entries as served; ")
    change(synced, planted)
    ran = offline.run("verify", "--local")
    assert (ran.code, ran.err) == (8, "")
    assert PLANTED[planted] in ran.out
    (told,) = offline.objects("verify", "--local")
    assert told["status"] == "incomplete"
    assert any(PLANTED[planted] in problem for problem in told["problems"])
    ran = synced.run("verify", "--deep")
    assert ran.code == 8
    assert PLANTED[planted] in ran.complaint
    assert not synced.requests


def test_verify_local_takes_no_days_and_needs_a_warehouse(synced: Shell) -> None:
    for more in ("--deep", "--from=2025-01-01"):
        ran = synced.run("verify", "--local", more)
        assert ran.code == 2
        assert ran.complaint.startswith("--local checks the whole copy; leave out --deep")
    synced.warehouse.unlink()
    assert synced.run("verify", "--local").code == 7


def test_names_that_nobody_mapped_are_told_and_made_right_by_one_edit(
    ours: Shell, sandbox: Sandbox, folder: Path
) -> None:
    serve(sandbox, renamed)
    ran = ours.run("sync")
    warning = ran.err.splitlines()[0]
    assert warning.startswith(
        "etl: org_demo: warning: 250 of 250 new entries have no readable time"
    )
    line = "VALUES ('occurred_at', '$.whenHappened')"
    assert line in warning
    assert "byWhom, eventKey, whenHappened" in ours.run("status").out
    more = ", ('id', 'eventKey'), ('actor_id', 'byWhom')"
    (folder / "spellings.sql").write_text(line + more)
    ran = ours.run("sync")
    assert (ran.code, "250 entries were read again" in ran.err) == (0, True)
    assert ran.out.startswith("org_demo: 0 new; local 250, source 250, proven complete; 2 requests")
    expected = sorted(f"{e.id},{e.actor_id}" for e in sandbox.source.entries())
    assert sorted(ours.rows("SELECT id, actor_id FROM audit_log")) == expected
    assert ours.rows("SELECT count(*) FROM quarantine") == ["0"]
    assert ours.run("verify", "--local").code == 0
    assert ours.run("sync").err == ""


BROKEN = {
    "VALUES ('actor_name', 'upper(')": "spellings.sql, line 1: 'upper(': Parser Error",
    "VALUES ('id', '$.id'),\n('colour', '$.x')": "line 2: unknown column 'colour'; must be one",
    "VALUES ('actor_name', '(SELECT content FROM read_text(''.env''))')": "line 1: ",
    "SELECT 'id', content FROM read_text('.env')": "spellings.sql, line 1: Permission Error",
    "VALUES ('actor_name', 'no_such_column')": "",
    "VALUES ('actor_name', ' ')": "line 1: the place of 'actor_name' is empty",
    "VALUES ('actor_name', '$.x'); VALUES ('actor_id', '$.y')": "must be one statement, not 2",
    "VALUES ('actor_name', 'unnest([1, 2])')": "line 1: 'unnest([1, 2])': Binder Error",
    "VALUES ('actor_name', 'row_number() OVER ()')": "line 1: 'row_number() OVER ()': Binder",
    "VALUES ('actor_name', '$texts')": "line 1: ",
    "VALUES ('actor_name', 'random()')": "line 1: 'random()' gives another value each time",
    "VALUES ('actor_name', 'CAST(entry->>''$.entity_name'' AS INTEGER)')": (
        "line 1: \"CAST(entry->>'$.entity_name' AS INTEGER)\" fails on '{"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_spelling_that_cannot_be_used_changes_nothing(
    synced: Shell, folder: Path, text: str
) -> None:
    before = synced.rows("FROM audit_log ORDER BY id")
    (folder / "spellings.sql").write_text(text)
    ran = synced.having(ETL_SQL_DIR=str(folder)).run("sync")
    if not BROKEN[text]:  # a bare name is a path
        assert ran.code == 0
    else:
        assert ran.code == 3
        assert ran.complaint.startswith("ETL_SQL_DIR: spellings.sql")
        assert BROKEN[text] in ran.complaint
        assert not synced.requests
    assert synced.rows("FROM audit_log ORDER BY id") == before


def test_an_expression_that_fails_on_a_new_entry_is_told_with_it(
    ours: Shell, sandbox: Sandbox, folder: Path
) -> None:
    (folder / "spellings.sql").write_text(
        "VALUES ('actor_id', '$.actor_id'),\n  ('actor_name', 'CAST(entry->>''$.id'' AS INTEGER)')"
    )
    ran = ours.run("sync")
    assert ran.code == 3
    assert "spellings.sql, line 2: " in ran.err
    assert "fails on '{" in ran.err
    assert ours.held == 0


def test_a_filter_that_the_api_does_not_document_is_warned_of(shell: Shell) -> None:
    ran = shell.having(ETL_ACTION_TYPE="asigned").run("sync")
    hint = "'asigned' is not a value that the API documents; did you mean assigned?"
    assert ran.err == f"etl: org_demo: warning: ETL_ACTION_TYPE: {hint}\n"
    assert shell.having(ETL_ACTION_TYPE="assigned").run("sync").code == 0


def signed(number: int) -> Callable[[dict[str, object], Entry], dict[str, object]]:
    return lambda plain, _: plain | {"avatar": {"url": f"https://x/?signature={number}"}}


def test_text_that_differs_each_time_is_one_finding_or_left_out(
    shell: Shell, sandbox: Sandbox
) -> None:
    serve(sandbox, signed(1))
    assert shell.run("sync").code == 0
    serve(sandbox, signed(2))
    assert shell.run("verify", "--deep").code == 8
    (finding,) = shell.rows("SELECT explanation FROM findings WHERE rule_id = 'source_changed'")
    assert re.match(
        r'"250 of \d+ entries read were served differently before, most in avatar;', finding
    )
    ignoring = shell.having(ETL_IGNORE_FIELDS="avatar.url")
    assert ignoring.run("sync").code == 0
    serve(sandbox, signed(3))
    assert ignoring.run("verify", "--deep").code == 0
    assert shell.rows("SELECT count(*) FROM audit_log_versions") == ["250"]
    assert ignoring.run("verify", "--local").code == 0
    wrong = shell.having(ETL_IGNORE_FIELDS="$.a[0]").run("sync")
    assert (wrong.code, "ETL_IGNORE_FIELDS must be JSON paths" in wrong.err) == (3, True)


def test_json_columns_hold_the_text_as_it_was_served(shell: Shell, sandbox: Sandbox) -> None:
    served = ['{"price": 1.10}', "12345678901234567890.5", '{"e":"\\u00e9", "n":[1E5]}', "1.0"]
    for number, text in enumerate(served):
        time = f"2025-06-0{number + 1}T10:00:00Z"
        raw = f'{{"id":"e{number}","created_at":"{time}","new_value":{text}}}'
        (first, *_) = sandbox.source.entries()
        sandbox.source.insert(msgspec.structs.replace(first, id=f"e{number}", text=raw.encode()))
    assert shell.run("sync").code == 0
    query = "SELECT new_value::VARCHAR FROM audit_log WHERE length(id) = 2 ORDER BY id"
    with duckdb.connect(str(shell.warehouse), read_only=True) as connection:
        assert [value for (value,) in connection.execute(query).fetchall()] == served
    assert shell.run("verify", "--local").code == 0


def test_a_uuid_in_another_case_is_the_same_entry(shell: Shell, sandbox: Sandbox) -> None:
    def identified(upper: bool) -> Callable[[dict[str, object], Entry], dict[str, object]]:
        def made(plain: dict[str, object], each: Entry) -> dict[str, object]:
            uuid = f"abcdef00-0000-4000-8000-{hash(each.id) % 10**12:012d}"
            return plain | {"id": uuid.upper() if upper else uuid}

        return made

    serve(sandbox, identified(False))
    assert shell.run("sync").code == 0
    serve(sandbox, identified(True))
    assert shell.run("verify", "--deep").code == 0
    assert shell.rows("SELECT count(DISTINCT id), count(*) FROM audit_log") == ["250,250"]


def test_a_member_becomes_a_column_by_one_line(synced: Shell, sandbox: Sandbox) -> None:
    """In a copy of the program: stored entries, new ones, and those that change then."""
    program = synced.folder / "program"
    shutil.copytree(ROOT / "etl", program / "etl")
    shutil.copytree(ROOT / "sql", program / "sql")
    columns = program / "sql" / "load" / "columns.sql"
    line = "    ('metadata', 'JSON', ['$.metadata'])\n"
    assert line in columns.read_text()
    columns.write_text(
        columns.read_text().replace(line, "    ('city', 'VARCHAR', ['$.city']),\n" + line)
    )
    changed = synced.having(PYTHONPATH=str(program))
    for number in (1, 2):
        serve(sandbox, lambda plain, _, number=number: plain | {"city": f"Zürich {number}"})
        deep = changed.process("verify", "--deep")
        assert deep.code == 8, deep.err
    assert changed.process("sync").code == 0
    assert synced.rows("SELECT city, count(*) FROM audit_log GROUP BY ALL") == ["Zürich 2,250"]
    cities = synced.rows("SELECT city, count(*) FROM audit_log_versions GROUP BY ALL ORDER BY ALL")
    assert cities == ["Zürich 1,250", ",250"]


def test_an_erased_text_is_neither_checked_nor_read_again(synced: Shell, folder: Path) -> None:
    """The row still counts, and the name does not come back."""
    change(synced, f"UPDATE audit_log SET actor_name = NULL, raw = '' WHERE id = {FIRST}")
    erased = "SELECT id, actor_id, actor_name, occurred_at FROM audit_log WHERE raw = ''"
    kept = synced.rows(erased)
    ran = synced.run("verify", "--local")
    assert ran.code == 0
    assert "sound: 250 entries as served, the text of 1 erased and not checked; " in ran.out
    (folder / "spellings.sql").write_text("VALUES ('actor_email', '$.mail')")
    for ours in (synced, synced.having(ETL_SQL_DIR=str(folder))):
        assert ours.run("sync").out.startswith("org_demo: 0 new; local 250, source 250, proven")
        assert ours.rows(erased) == kept
    assert synced.rows("SELECT count(*) FROM quarantine") == ["0"]


def test_a_database_of_another_program_is_no_copy_to_check(synced: Shell) -> None:
    with duckdb.connect(str(synced.folder / "other.duckdb")) as other:
        other.execute("CREATE TABLE t (x INTEGER)")
    ran = synced.having(ETL_WAREHOUSE="other.duckdb").run("verify", "--local")
    assert (ran.code, "is a DuckDB file of another program" in ran.complaint) == (7, True)


def test_an_unknown_organization_was_never_synced(synced: Shell) -> None:
    ran = synced.having(ETL_ORGANIZATION_ID="typo").run("verify", "--local")
    assert (ran.code, ran.complaint) == (6, "typo: never synced; run `etl sync` first")


def test_a_wrong_id_is_made_right_without_a_loss(synced: Shell, folder: Path) -> None:
    before = sorted(synced.rows("SELECT id, content_hash FROM audit_log"))
    (folder / "spellings.sql").write_text("VALUES ('id', 'actor_id')")
    synced.having(ETL_SQL_DIR=str(folder)).run("sync")
    unfit = synced.rows("SELECT count(*) FROM quarantine WHERE reason = 'duplicate_id'")
    assert int(unfit[0]) > 100
    (folder / "spellings.sql").unlink()
    ran = synced.run("sync")
    assert ran.out.startswith("org_demo: 0 new; local 250, source 250, proven complete; ")
    assert sorted(synced.rows("SELECT id, content_hash FROM audit_log")) == before
    assert synced.rows("SELECT count(*) FROM quarantine") == ["0"]
    assert synced.run("verify", "--local").code == 0
    assert synced.run("verify", "--deep").code == 0


def test_a_mapping_by_which_most_entries_lose_their_time_is_refused(
    synced: Shell, folder: Path
) -> None:
    (folder / "spellings.sql").write_text("VALUES ('occurred_at', 'entity_name')")
    ran = synced.having(ETL_SQL_DIR=str(folder)).run("sync")
    told = "250 of 250 entries would have no readable time; nothing was changed"
    assert (ran.code, ran.complaint) == (3, f"ETL_SQL_DIR: with spellings.sql, {told}")
    assert synced.held == 250


def test_former_versions_follow_their_row(shell: Shell, sandbox: Sandbox, folder: Path) -> None:
    serve(sandbox, lambda plain, _: plain | {"tag": "a"})
    assert shell.run("sync").code == 0
    serve(
        sandbox,
        lambda plain, _: {**plain, "key": f"k{plain['id']}", "when": plain["created_at"]},
    )
    assert shell.run("verify", "--deep").code == 8
    (folder / "spellings.sql").write_text(
        "VALUES ('id', 'key'), ('occurred_at', 'coalesce(entry->>''$.when'', ''n/a'')')"
    )
    ours = shell.having(ETL_SQL_DIR=str(folder))
    assert ours.run("sync").code == 0
    followed = "SELECT count(*) FROM audit_log_versions SEMI JOIN audit_log USING (id)"
    assert ours.rows(followed) == ["250"]
    assert ours.run("verify", "--local").code == 0


@pytest.mark.parametrize("place", ["$.list[0]", "/list/0", "entry->''$.list[0]''"])
def test_a_json_column_has_the_mapped_value_however_an_entry_is_written(
    shell: Shell, sandbox: Sandbox, folder: Path, place: str
) -> None:
    serve(sandbox, lambda plain, entry: plain | {"list": ["theirs"], "x": entry.id[-1] + ".5 x"})
    (folder / "spellings.sql").write_text(f"VALUES ('new_value', '{place}')")
    ours = shell.having(ETL_SQL_DIR=str(folder))
    assert ours.run("sync").code == 0
    assert ours.rows("SELECT DISTINCT new_value FROM audit_log") == ['"""theirs"""']


def test_braces_in_an_expression_are_its_own(synced: Shell, folder: Path) -> None:
    (folder / "spellings.sql").write_text("VALUES ('actor_name', '''{time}{assigned}''')")
    ours = synced.having(ETL_SQL_DIR=str(folder))
    assert ours.run("sync").code == 0
    assert ours.rows("SELECT DISTINCT actor_name FROM audit_log") == ["{time}{assigned}"]
    assert ours.run("verify", "--local").code == 0


def test_a_text_that_an_expression_cannot_read_was_changed_by_hand(
    synced: Shell, folder: Path
) -> None:
    (folder / "spellings.sql").write_text(
        "VALUES ('actor_name', 'CAST(length(entry->>''$.id'') AS UTINYINT)')"
    )
    ours = synced.having(ETL_SQL_DIR=str(folder))
    assert ours.run("sync").code == 0
    change(
        synced, f"UPDATE audit_log SET raw = json_object('id', repeat('x', 300)) WHERE id = {FIRST}"
    )
    ran = ours.run("verify", "--local")
    assert (ran.code, ran.err) == (8, "")
    assert "the mapping fails on its text (raw); changed by hand" in ran.out
