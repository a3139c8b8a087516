"""`query`: any SQL over the copy, read-only, in four formats."""

import json
import os
import re

import pytest
from shell import Shell


def test_a_dash_reads_stdin_and_a_pipe_gets_csv(synced: Shell) -> None:
    sql = "-- how many\nSELECT actor_id, count(*) AS n\nFROM audit_log GROUP BY ALL ORDER BY 1;\n"
    ran = synced.process("query", "-", stdin=sql)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["actor_id,n", *(f"user_{n},50" for n in range(5))]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("csv", 'a,b,c\n1,"x, ""y""",true\n,,\n'),
        ("markdown", '| a | b | c |\n| --- | --- | --- |\n| 1 | x, "y" | true |\n|  |  |  |\n'),
    ],
)
def test_csv_and_markdown_quote_their_values(synced: Shell, form: str, expected: str) -> None:
    sql = """SELECT * FROM (VALUES (1, 'x, "y"', TRUE), (NULL, NULL, NULL)) AS t(a, b, c)"""
    assert synced.run("query", sql, "--format", form).out == expected


def test_a_table_has_aligned_rows_and_their_number(synced: Shell) -> None:
    sql = "SELECT * FROM (VALUES (7, 'seven'), (1000, 'a thousand')) AS t(number, name)"
    lines = synced.run("query", sql, "--format", "table").out.splitlines()
    assert lines[0].split() == ["number", "name"]
    assert [line.split() for line in lines[2:4]] == [["7", "seven"], ["1000", "a", "thousand"]]
    assert lines[2].index("7") == lines[3].index("0 ")
    assert lines[-1] == "(2 rows)"


def test_json_nests_values_and_keeps_their_types(synced: Shell) -> None:
    sql = """
        SELECT new_value, metadata, previous_value,
            [1, 2] AS list, {'a': DATE '2025-01-02'} AS struct,
            MAP {'k': 1} AS map, 1 AS number, 1.5::DOUBLE AS real, TRUE AS truth, NULL AS nothing,
            TIMESTAMPTZ '2025-01-02 03:04:05+02' AS time, DATE '2025-01-02' AS day, 'null' AS text
        FROM audit_log WHERE id = 'e00003'
    """
    ran = synced.run("query", sql, "--format", "json")
    (row,) = json.loads(ran.out)
    assert list(row.values()) == [
        {"role": 3}, {"ip": "192.0.2.1"}, None, [1, 2], {"a": "2025-01-02"}, {"k": 1}, 1, 1.5, True,
        None, "2025-01-02 01:04:05+00", "2025-01-02", "null",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "json"])
def test_large_numbers_keep_every_digit(synced: Shell, form: str) -> None:
    sql = """
        SELECT 9007199254740993 AS a, 170141183460469231731687303715884105727,
            12345678901234567890.12::DECIMAL(38, 2), sum(n)
        FROM (VALUES (9007199254740993), (2)) AS t(n)
    """
    out = synced.run("query", sql, "--format", form).out
    numbers = "9007199254740993 170141183460469231731687303715884105727 12345678901234567890.12"
    assert all(number in out for number in [*numbers.split(), "9007199254740995"])


SELECTS = (
    "FROM activity_by_department LIMIT 3;", "DESCRIBE audit_log", "SHOW TABLES", "VALUES (1), (2)",
    "SUMMARIZE SELECT actor_id FROM audit_log", "EXPLAIN SELECT count(*) FROM audit_log",
    "WITH x AS (SELECT 1 AS a) SELECT * FROM x -- done", "SELECT 1 WHERE FALSE",
    "PIVOT audit_log ON department_id USING count(*) GROUP BY actor_id",
    "SELECT '\u00fc \u4f60\u597d' AS text", "SELECT 11 AS a, 22 AS a",
)  # fmt: skip


@pytest.mark.parametrize("sql", SELECTS)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_every_statement_that_returns_rows_is_run(synced: Shell, sql: str, form: str) -> None:
    ran = synced.run("query", sql, "--format", form)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("\n")
    if form == "json":
        json.loads(ran.out)
    if "AS a, " in sql:
        assert re.findall("11|22", ran.out) == ["11", "22"]


INVALID = (
    "SELEC 1", "FROM nowhere", "SELECT 'x'::INTEGER", "SELECT ?", "SELECT '\udcff'",
    "SELECT CASE WHEN i = 9000 THEN error('late') ELSE i END AS n FROM range(10000) AS t(i)",
)  # fmt: skip


@pytest.mark.parametrize("sql", INVALID)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_invalid_sql_is_a_usage_error(synced: Shell, sql: str, form: str) -> None:
    ran = synced.run("query", sql, "--format", form)
    assert (ran.code, ran.err[:10]) == (2, "etl: SQL: ")
    assert "Traceback" not in ran.err


def test_an_error_in_sql_keeps_its_lines_and_its_caret(synced: Shell) -> None:
    ran = synced.run("query", "SELECT id,\n  id id id\nFROM audit_log")
    first, *_, line, caret = ran.err.splitlines()
    assert first == 'etl: SQL: Parser Error: syntax error at or near "id"'
    assert line.endswith("id id id") or line == "LINE 2:   id id id"
    assert set(caret.strip()) == {"^"}


@pytest.mark.parametrize("sql", ["", " ", "SELECT 1; SELECT 2", "DELETE FROM runs", "CHECKPOINT"])
def test_a_statement_that_returns_no_rows_is_a_usage_error(synced: Shell, sql: str) -> None:
    ran = synced.run("query", sql)
    told = "SQL: must be one statement that returns rows, such as a SELECT"
    assert (ran.code, ran.complaint) == (2, told)


FORBIDDEN = (
    "DELETE FROM audit_log", "CREATE VIEW mine AS SELECT 1", "SELECT * FROM glob('*')",
    "COPY audit_log TO 'stolen.csv'", "COPY (SELECT 1) TO 'OUTSIDE' (FORMAT parquet)",
    "EXPORT DATABASE 'stolen'", "ATTACH 'stolen.duckdb'", "SELECT * FROM read_text('.env')",
    "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')", "LOAD httpfs",
    "SELECT * FROM 'https://example.com/x.csv'", "SET enable_external_access = true",
    "SET lock_configuration = false", "SELECT 1; DELETE FROM audit_log", "INSTALL httpfs",
    "SELECT getenv('ETL_API_TOKEN')",
)  # fmt: skip


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_sql_cannot_write_and_cannot_read_anything_else(synced: Shell, sql: str) -> None:
    (synced.folder / ".env").write_text("ETL_LOG_LEVEL=info\n")
    content, names = synced.warehouse.read_bytes(), set(os.listdir(synced.folder))
    outside = synced.folder.parent / "stolen.parquet"
    ran = synced.run("query", sql.replace("OUTSIDE", str(outside)))
    assert (ran.code, ran.err[:10]) == (2, "etl: SQL: ")
    assert synced.env["ETL_API_TOKEN"] not in ran.out + ran.err
    assert synced.warehouse.read_bytes() == content
    assert set(os.listdir(synced.folder)) == names
    assert not outside.exists()


def test_values_that_json_does_not_have_are_null_or_text(synced: Shell) -> None:
    deep, long = "[" * 5_000 + "]" * 5_000, "9" * 5_000
    ran = synced.run(
        "query",
        f"SELECT ['nan'::DOUBLE, 1.5] AS odd, '-inf'::FLOAT AS low, '{deep}'::JSON AS deep, "
        f"'{long}'::JSON AS long",
        "--format",
        "json",
    )
    assert ran.code == 0
    (row,) = json.loads(ran.out, parse_int=str)
    assert row == {"odd": [None, 1.5], "low": None, "deep": deep, "long": long}


def test_json_is_printed_as_it_is_stored(synced: Shell) -> None:
    stored = '{"n": 1e400, "n": 12345678901234567890, "x": 1.10, "name": "Zoë"}'
    for form in ("json", "csv", "table", "markdown"):
        ran = synced.run("query", f"SELECT '{stored}'::JSON AS stored", "--format", form)
        assert (stored.replace('"', '""') if form == "csv" else stored) in ran.out


def test_csv_tells_null_from_empty_and_gives_a_spreadsheet_no_formula(synced: Shell) -> None:
    formula = '=HYPERLINK("https://evil.example.com","Ada")'
    ran = synced.run("query", f"SELECT NULL AS a, '' AS b, '{formula}' AS c, -1.5 AS d, '-x' AS e")
    _, row = ran.out.splitlines()
    quoted = formula.replace('"', '""')
    assert row == f',"","\'{quoted}",-1.5,\'-x'


@pytest.mark.parametrize("ending", ["", ";", "; -- so far", ";\n/* and\nno more */ ;"])
def test_a_semicolon_and_comments_may_follow_the_statement(synced: Shell, ending: str) -> None:
    ran = synced.run("query", f"SELECT [1, 2] AS n, ';-- x' AS x{ending}", "--format", "json")
    assert json.loads(ran.out) == [{"n": [1, 2], "x": ";-- x"}]


def test_a_table_has_at_most_10_000_rows_and_says_so(synced: Shell) -> None:
    ran = synced.run("query", "SELECT range AS n FROM range(10001)", "--format", "table")
    assert ran.code == 0
    *_, last, told = ran.out.splitlines()
    assert last.strip() == "9999"
    assert told == "(first 10,000 rows; --format csv prints all)"
    assert synced.run("query", "FROM range(10000)", "--format", "table").out.endswith(
        "(10,000 rows)\n"
    )
