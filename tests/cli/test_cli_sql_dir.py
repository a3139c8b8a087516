"""ETL_SQL_DIR: the user's own views and spellings, and what is said of a file that fails."""

from pathlib import Path

import msgspec
import pytest
from shell import Shell

from etl.sandbox.server import Sandbox


def test_views_of_the_users_are_made_in_the_order_of_their_names(ours: Shell, folder: Path) -> None:
    (folder / "views" / "20_second.sql").write_text(
        "CREATE OR REPLACE VIEW second AS SELECT n + 1 AS n FROM first;"
    )
    (folder / "views" / "10_first.sql").write_text(
        "CREATE OR REPLACE VIEW first AS SELECT count(*) AS n FROM audit_log;\n"
        "CREATE OR REPLACE MACRO twice(x) AS 2 * x;"
    )
    assert ours.run("sync").code == 0
    assert ours.run("query", "SELECT twice(n) AS n FROM second").out == "n\n502\n"


def test_a_view_that_was_edited_is_made_anew_by_the_next_sync(ours: Shell, folder: Path) -> None:
    view = folder / "views" / "mine.sql"
    view.write_text("CREATE OR REPLACE VIEW mine AS SELECT 1 AS n;")
    assert ours.run("sync").code == 0
    view.write_text("CREATE OR REPLACE VIEW mine AS SELECT 2 AS n;")
    assert ours.run("sync").code == 0
    assert ours.run("query", "FROM mine").out == "n\n2\n"


def test_a_view_of_the_users_may_take_the_place_of_one_of_ours(ours: Shell, folder: Path) -> None:
    (folder / "views" / "access.sql").write_text(
        "CREATE OR REPLACE VIEW activity_by_action AS SELECT 'mine' AS whose;"
    )
    assert ours.run("sync").code == 0
    assert ours.run("query", "FROM activity_by_action").out == "whose\nmine\n"


def test_without_its_file_a_view_of_ours_is_back_and_a_new_one_stays(
    ours: Shell, folder: Path
) -> None:
    view = folder / "views" / "mine.sql"
    view.write_text(
        "CREATE OR REPLACE VIEW rules AS SELECT 'mine' AS whose; CREATE VIEW mine AS FROM rules;"
    )
    assert ours.run("sync").code == 0
    assert ours.run("query", "FROM rules").out == "whose\nmine\n"
    view.unlink()
    assert ours.run("sync").code == 0
    assert "self_grant" in ours.run("query", "FROM rules").out
    views = "SELECT view_name FROM duckdb_views() WHERE view_name = 'mine'"
    assert ours.run("query", views).out == "view_name\nmine\n"


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE OR REPLACE VIEW mine AS SELEC 1;",
        "CREATE OR REPLACE VIEW mine AS SELECT * FROM nowhere;",
        "CREATE OR REPLACE VIEW fine AS SELECT 1; SELECT nothing;",
        "COPY audit_log TO 'nowhere/x.csv';",
    ],
)
def test_a_view_that_fails_is_named_and_nothing_is_asked(
    ours: Shell, sandbox: Sandbox, folder: Path, broken: str
) -> None:
    (folder / "views" / "10_broken.sql").write_text(broken)
    ran = ours.run("sync")
    assert ran.code == 3
    assert "ETL_SQL_DIR" in ran.complaint
    assert "10_broken.sql" in ran.complaint
    assert not sandbox.requests


def test_a_view_that_fails_leaves_the_former_views_as_they_were(
    synced: Shell, folder: Path
) -> None:
    (folder / "views" / "10_broken.sql").write_text("DROP VIEW activity_by_actor; SELEC;")
    assert synced.having(ETL_SQL_DIR=str(folder)).run("sync").code == 3
    assert synced.run("query", "SELECT sum(entries) AS n FROM activity_by_actor").out == "n\n250\n"
    assert synced.run("sync").code == 0


def test_an_extra_spelling_fills_the_column(ours: Shell, sandbox: Sandbox, folder: Path) -> None:
    made = [
        msgspec.structs.replace(each, entity_name=None, extra={"subject": {"label": "Thing"}})
        for each in sandbox.source.entries()
    ]
    sandbox.source.vanish(*(str(each.id) for each in made))
    sandbox.source.insert(*made)
    (folder / "spellings.sql").write_text(
        "SELECT 'entity_name' AS field, '$.subject.label' AS path"
    )
    assert ours.run("sync").code == 0
    names = ours.run("query", "SELECT entity_name AS n, count(*) AS c FROM audit_log GROUP BY ALL")
    assert names.out == "n,c\nThing,250\n"


@pytest.mark.parametrize(
    "broken",
    [
        "SELECT 'no_such_column', '$.x'",
        "SELECT 'entity_name'",
        "SELEC",
        "SELECT 'entity_name', 7 FROM nowhere",
        "SELECT 'entity_name', '$.['",
        "SELECT 'entity_name', NULL",
        "",
    ],
)
def test_spellings_that_fail_are_named_and_nothing_is_asked(
    ours: Shell, sandbox: Sandbox, folder: Path, broken: str
) -> None:
    (folder / "spellings.sql").write_text(broken)
    ran = ours.run("sync")
    assert ran.code == 3
    assert "ETL_SQL_DIR" in ran.complaint
    assert "spellings.sql" in ran.complaint
    assert not sandbox.requests


def test_a_file_that_is_not_utf8_is_named(ours: Shell, folder: Path) -> None:
    (folder / "views" / "10_latin.sql").write_bytes(b"-- f\xfcr mich\nSELECT 1;")
    ran = ours.run("sync")
    assert ran.code == 3
    assert "10_latin.sql" in ran.complaint


def test_a_folder_that_is_not_there_is_a_wrong_setting_and_nothing_is_asked(
    prepared: Shell, sandbox: Sandbox
) -> None:
    nowhere = prepared.folder / "nowhere"
    ran = prepared.having(ETL_SQL_DIR=str(nowhere)).run("sync")
    assert (ran.code, ran.complaint) == (3, f"ETL_SQL_DIR: there is no folder {nowhere}")
    assert not sandbox.requests


@pytest.mark.parametrize("name", ["mine.sql", "20_access_changes.sql"])
def test_a_file_laid_where_nobody_reads_it_is_named_and_nothing_is_asked(
    ours: Shell, sandbox: Sandbox, folder: Path, name: str
) -> None:
    (folder / name).write_text("CREATE OR REPLACE VIEW mine AS SELECT 1 AS n;")
    ran = ours.run("sync")
    assert (ran.code, ran.complaint) == (
        3, f"ETL_SQL_DIR: nobody reads {name} there: move it into views/ or rules/",
    )  # fmt: skip
    assert not sandbox.requests


def test_what_is_no_sql_may_lie_beside_the_views_and_rules(ours: Shell, folder: Path) -> None:
    (folder / "README.md").write_text("What our views are for.")
    (folder / "queries").mkdir()
    (folder / "queries" / "monthly.sql").write_text("FROM findings")
    assert ours.run("sync").code == 0


def test_a_file_in_place_of_the_folder_is_a_wrong_setting(prepared: Shell) -> None:
    (prepared.folder / "file").touch()
    ran = prepared.having(ETL_SQL_DIR=str(prepared.folder / "file")).run("sync")
    assert ran.code == 3
    assert "ETL_SQL_DIR wants the path of a folder" in ran.complaint


def test_a_folder_that_is_not_there_keeps_nobody_from_asking_the_warehouse(synced: Shell) -> None:
    elsewhere = synced.having(ETL_SQL_DIR=str(synced.folder / "nowhere"))
    assert elsewhere.run("query", "SELECT count(*) AS n FROM audit_log").out == "n\n250\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("DROP TABLE audit_log", "makes neither a view nor a macro"),
        ("-- mine\nDELETE FROM audit_log; CREATE OR REPLACE VIEW mine AS SELECT 1 AS n", "neither"),
        ("CREATE TABLE mine (n INTEGER)", "neither"),
        ("COPY audit_log TO 'leak.csv'", "neither"),
        ("COMMIT", "neither"),
        (
            "CREATE OR REPLACE VIEW watermark AS SELECT 1 AS x",
            "by which a sync tells what is proven",
        ),
        ("create or replace view main.Absent_Entries as select 1 as x", "give yours another name"),
    ],
)
def test_a_file_of_views_that_does_anything_else_is_refused_and_nothing_is_done(
    ours: Shell, folder: Path, text: str, why: str
) -> None:
    (folder / "views" / "10_mine.sql").write_text(text)
    ran = ours.run("sync")
    assert ran.code == 3
    assert ran.complaint.startswith("ETL_SQL_DIR: 10_mine.sql ")
    assert why in ran.complaint
    assert not (ours.folder / "leak.csv").exists()
    (folder / "views" / "10_mine.sql").write_text(
        "/* mine */ CREATE OR REPLACE VIEW mine AS SELECT count(*) AS entries FROM audit_log;\n"
        "COMMENT ON VIEW mine IS 'mine'; CREATE MACRO twice(n) AS 2 * n;"
    )
    assert ours.run("sync").code == 0
    assert ours.run("query", "SELECT twice(entries) AS n FROM mine").code == 0
