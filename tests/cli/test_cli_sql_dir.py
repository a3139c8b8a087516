"""ETL_SQL_DIR: the user's own views and spellings."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from shell import Shell

from etl.sandbox.server import Sandbox


def test_views_are_created_in_the_order_of_their_file_names(ours: Shell, folder: Path) -> None:
    (folder / "views" / "20_second.sql").write_text(
        "CREATE OR REPLACE VIEW second AS SELECT n + 1 AS n FROM first;"
    )
    (folder / "views" / "10_first.sql").write_text(
        "/* mine */ CREATE OR REPLACE VIEW first AS SELECT count(*) AS n FROM audit_log;\n"
        "COMMENT ON VIEW first IS 'mine'; CREATE OR REPLACE MACRO twice(x) AS 2 * x;"
    )
    (folder / "README.md").write_text("What our views are for.")
    (folder / "queries").mkdir()
    (folder / "queries" / "monthly.sql").write_text("FROM findings")
    assert ours.run("sync").code == 0
    assert ours.rows("SELECT twice(n) AS n FROM second") == ["502"]


def test_a_view_follows_its_file_and_a_shipped_one_comes_back(ours: Shell, folder: Path) -> None:
    view = folder / "views" / "mine.sql"
    for whose in ("mine", "still mine"):
        view.write_text(
            f"CREATE OR REPLACE VIEW rules AS SELECT '{whose}' AS whose;"
            "CREATE OR REPLACE VIEW added AS FROM rules;"
        )
        assert ours.run("sync").code == 0
        assert ours.rows("FROM rules") == ours.rows("FROM added") == [whose]
    view.unlink()
    assert ours.run("sync").code == 0
    assert "self_grant" in ours.rows("SELECT rule_id FROM rules")
    assert ours.rows("SELECT view_name FROM duckdb_views() WHERE view_name = 'added'") == ["added"]


def _latin(path: Path) -> None:
    path.write_bytes(b"-- f\xfcr mich\nSELECT 1;")


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


ONLY = "10_mine.sql may only create views and macros and comment on them"
RESERVED = "10_mine.sql must not replace {}, which `etl sync` reads; use another name"


BROKEN = [
    (_text("CREATE VIEW mine AS SELEC 1"), "10_mine.sql fails: Parser Error: "),
    (_text("CREATE VIEW mine AS\nFROM nowhere"), "10_mine.sql fails: Catalog Error: Table with "),
    (_latin, "cannot read 10_mine.sql: it is not UTF-8 text"),
    (Path.mkdir, "cannot read 10_mine.sql: Is a directory"),
    (_text("DROP TABLE audit_log"), ONLY), (_text("COPY audit_log TO 'leak.csv'"), ONLY),
    (_text("COMMIT"), ONLY),
    (_text("CREATE OR REPLACE VIEW watermark AS FROM x"), RESERVED.format("watermark")),
    (_text("create view main.Coverage as select 1"), RESERVED.format("Coverage")),
    (
        lambda path: path.parent.with_name("mine.sql").touch(),
        "mine.sql is not read there; move it to views/ or rules/",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "told"), BROKEN)
def test_an_invalid_file_of_views_is_refused_before_the_first_request(
    synced: Shell, folder: Path, make: Callable[[Path], object], told: str
) -> None:
    make(folder / "views" / "10_mine.sql")
    ran = synced.having(ETL_SQL_DIR=str(folder)).run("sync")
    assert ran.code == 3
    assert ran.complaint.startswith(f"ETL_SQL_DIR: {told}")
    assert not synced.requests
    assert not (synced.folder / "leak.csv").exists()
    assert synced.rows("SELECT sum(entries) FROM activity_by_actor") == ["250"]


def test_a_missing_folder_is_an_error_of_sync_only(synced: Shell) -> None:
    nowhere = synced.folder / "nowhere"
    elsewhere = synced.having(ETL_SQL_DIR=str(nowhere))
    ran = elsewhere.run("sync")
    assert (ran.code, ran.complaint) == (3, f"ETL_SQL_DIR: the folder {nowhere} does not exist")
    assert not synced.requests
    assert elsewhere.held == 250


def test_an_extra_spelling_fills_its_column(ours: Shell, sandbox: Sandbox, folder: Path) -> None:
    made = [
        msgspec.structs.replace(each, entity_name=None, extra={"subject": {"label": "Thing"}})
        for each in sandbox.source.entries()
    ]
    sandbox.source.vanish(*(str(each.id) for each in made))
    sandbox.source.insert(*made)
    spelling = "SELECT 'entity_name' AS field, '$.subject.label' AS path"
    (folder / "spellings.sql").write_text(spelling)
    assert ours.run("sync").code == 0
    assert ours.rows("SELECT entity_name, count(*) FROM audit_log GROUP BY ALL") == ["Thing,250"]


@pytest.mark.parametrize(
    "text",
    [b"SELECT 'colour', '$.x'", b"SELECT 'entity_name', '$.['", b"SELEC", b"-- nothing", b"'\xfc'"],
)
def test_invalid_spellings_are_refused_before_the_first_request(
    ours: Shell, folder: Path, text: bytes
) -> None:
    (folder / "spellings.sql").write_bytes(text)
    ran = ours.run("sync")
    assert ran.code == 3
    assert ran.complaint.startswith("ETL_SQL_DIR: spellings.sql")
    assert not ours.requests
