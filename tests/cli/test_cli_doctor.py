"""`etl doctor`: what would go wrong is said before the first sync."""

import json

import msgspec
import pytest
from shell import Shell

from etl.sandbox.dialect import Dialect
from etl.sandbox.server import Sandbox

MARKS = {"✓": "works", "!": "warning", "✗": "problem"}


def told(shell: Shell, code: int = 0) -> dict[str, str]:
    """What `etl doctor` says, line by line, with its mark."""
    before = sorted(path.name for path in shell.folder.iterdir())
    ran = shell.run("doctor")
    assert (ran.code, ran.err) == (code, "")
    *lines, empty, end = ran.out.splitlines()
    assert (empty, "can start" in end) == ("", code == 0)
    assert len(shell.requests) <= 5
    assert sorted(path.name for path in shell.folder.iterdir()) == before, "it has written"
    return {line[2:]: MARKS[line[0]] for line in lines}


def problem(shell: Shell, code: int) -> str:
    """The one thing that does not work."""
    (found,) = [what for what, mark in told(shell, code).items() if mark == "problem"]
    return found


def test_a_good_set_up_has_no_problem(prepared: Shell) -> None:
    prepared.warehouse.unlink()
    found = told(prepared)
    assert "problem" not in found.values()
    text = "\n".join(found)
    for part in (
        "ETL_API_TOKEN (environment)", "the first sync creates it", "GB are free", "views and",
        "org_demo: the token is accepted, 250 entries", "clock: as the API's", "rate limit: ",
        "paging: the second page follows the first", "order: ",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({"ETL_API_TOKEN": "another-token"}, 4, "returned 401"),
        ({"ETL_API_TOKEN": None}, 3, "ETL_API_TOKEN is not set"),
        ({"ETL_ORGANIZATION_ID": "org_other"}, 4, "returned 404"),
        ({"ETL_API_BASE_URL": "http://127.0.0.1:1"}, 5, "could not connect to http://127.0.0.1:1"),
        ({"ETL_WAREHOUSE": "missing/a.duckdb"}, 7, "the folder missing does not exist; create it"),
        ({"ETL_WAREHOUSE": "text.duckdb"}, 7, "text.duckdb is not a DuckDB file"),
        ({"ETL_PUBLISH": "missing/a.duckdb"}, 7, "ETL_PUBLISH: the folder missing does not exist"),
        ({"ETL_SQL_DIR": "sql"}, 3, "ETL_SQL_DIR: wrong.sql fails: "),
        ({"ETL_WAREHOUSE": ":memory:"}, 3, "ETL_WAREHOUSE must be the path of a file, not"),
        ({"ETL_TIMEZONE": "Europe/Nowhere"}, 3, "ETL_TIMEZONE: 'Europe/Nowhere' is not"),
    ],
)
def test_what_would_stop_a_sync_is_a_problem_with_its_exit_code(
    prepared: Shell, env: dict[str, str | None], code: int, said: str
) -> None:
    (prepared.folder / "text.duckdb").write_text("no database" * 1_000)
    views = prepared.folder / "sql" / "views"
    views.mkdir(parents=True)
    (views / "wrong.sql").write_text("CREATE VIEW mine AS SELECT no_such_column FROM audit_log")
    assert said in problem(prepared.having(**env), code)


def test_other_filters_than_those_of_the_copy_are_a_problem(synced: Shell) -> None:
    said = problem(synced.having(ETL_TARGET_ID="x"), 3)
    assert "without filters, not from" in said


def test_what_may_not_be_meant_is_a_warning(prepared: Shell) -> None:
    found = told(prepared.having(ETL_ORG_ID="x", ETL_ACTION_TYPE="asigned"))
    warnings = [what for what, mark in found.items() if mark == "warning"]
    assert warnings[0].endswith("did you mean ETL_ORGANIZATION_ID?")
    assert warnings[1].startswith("ETL_ACTION_TYPE: 'asigned' is not a value that the API")
    assert warnings[2].endswith("no entry matches the filters, so the columns cannot be checked")


def test_columns_that_would_stay_empty_are_named_with_what_no_column_has(
    prepared: Shell, sandbox: Sandbox
) -> None:
    made = [
        msgspec.structs.replace(
            each, text=msgspec.json.encode({"id": each.id, "moment": each.occurred_at.isoformat()})
        )
        for each in sandbox.source.entries()
    ]
    sandbox.source.vanish(*(str(each.id) for each in made))
    sandbox.source.insert(*made)
    found = told(prepared, 3)
    text = "\n".join(found)
    assert "✗" not in text
    assert "no entry has a readable time" in text
    assert "these columns would stay empty: occurred_at, action_type, entity_type, " in text
    assert "no column has these members of entries: moment (`etl help mapping`)" in text


def test_an_order_that_is_not_of_time_and_short_pages_are_said(
    prepared: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.dialect = Dialect(order="random", page_cap=20)
    text = "\n".join(told(prepared))
    assert "order: not by time; a difference then costs more requests" in text
    assert "follows the first; a page has 20, 100 were asked for" in text


def test_several_organizations_share_five_requests(prepared: Shell) -> None:
    names = ",".join(["org_demo", *(f"org_{n}" for n in range(9))])
    ran = prepared.having(ETL_ORGANIZATION_ID=names).run("doctor", "--json")
    assert ran.code == 4
    assert len(prepared.requests) == 5
    objects = [json.loads(line) for line in ran.out.splitlines()]
    refused = [it["message"] for it in objects if it["result"] == "problem"]
    assert [text.split(":")[0] for text in refused] == ["org_0", "org_1", "org_2"]
    assert sum("not examined" in it["message"] for it in objects) == 6
