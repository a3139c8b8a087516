"""Rule files: what is taken from one, what is said of one that is wrong, what two folders make."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from answering import Warehouse
from stories import ROLE

from etl.errors import ConfigurationError
from etl.warehouse import rules, sqlfiles
from etl.warehouse.schema import Views

SHIPPED = sqlfiles.ROOT / "rules"
GOOD = """\
-- id: mine
-- title: It's mine
-- severity: low
-- technique: none
-- advice: Look
--   twice: here
-- false alarms: All of them.
-- This counts.
SELECT organization_id, occurred_at, actor_id, id AS entry_id, 'hm' AS explanation
FROM audit_log; """


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sql" / "rules").mkdir(parents=True)
    return tmp_path / "sql"


@pytest.fixture
def ruled(warehouse_with: Callable[[Views], Warehouse], folder: Path) -> Callable[..., Warehouse]:
    """Makes a warehouse with rules of the user's, each under its name."""

    def make(**texts: str) -> Warehouse:
        for name, text in texts.items():
            (folder / "rules" / f"{name}.sql").write_text(text.replace("mine", name))
        return warehouse_with(Views(user_folder=folder))

    return make


def test_a_rule_is_its_header_and_its_select() -> None:
    assert rules.parse("mine", GOOD) == rules.Rule(
        rule_id="mine",
        title="It's mine",
        severity="low",
        technique=None,
        advice="Look twice: here",
        false_alarms="All of them.",
        select="-- This counts.\nSELECT organization_id, occurred_at, actor_id, id AS entry_id, "
        "'hm' AS explanation\nFROM audit_log",
    )


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.sql")), ids=lambda path: path.stem)
def test_every_shipped_rule_has_a_whole_header(path: Path) -> None:
    rule = rules.parse(path.stem, path.read_text(encoding="utf-8"))
    assert rule.technique
    assert rule.advice.endswith(".")
    assert rule.false_alarms.endswith(".")


@pytest.mark.parametrize(
    ("changed", "into", "complaint"),
    [
        ("-- title: It's mine\n", "", "the header has no line '-- title: ...'"),
        ("It's mine", "", "the header has no line '-- title: ...'"),
        ("y: low", "y: dire", "severity is 'dire', must be low, medium, high or critical"),
        (": none", ": T12", "technique is 'T12', must be an ATT&CK technique or none"),
        ("id: mine", "id: Mine!", "id is 'Mine!', must be lowercase letters, digits and _"),
        ("id: mine", "id: yours", "id is 'yours', must be the file name"),
        ("-- advice", "-- severity: low\n-- advice", "duplicate key 'severity' in the header"),
        ("-- advice", "-- advise", "unknown key 'advise' in the header"),
        (GOOD[GOOD.index("-- This") :], "", "no SELECT follows the header"),
        (GOOD, "SELECT 1", "the header has no line '-- id: ...'"),
        (GOOD, "", "the header has no line '-- id: ...'"),
    ],
)
def test_a_header_that_is_wrong_is_refused_with_the_file_and_what_it_lacks(
    folder: Path, changed: str, into: str, complaint: str
) -> None:
    (folder / "rules" / "mine.sql").write_text(GOOD.replace(changed, into))
    with pytest.raises(ConfigurationError) as error:
        rules.statements(SHIPPED, folder)
    assert str(error.value) == f"ETL_SQL_DIR: rules/mine.sql: {complaint}"


def test_a_file_that_is_not_utf8_is_refused_by_name(folder: Path) -> None:
    (folder / "rules" / "mine.sql").write_bytes(b"-- title: f\xfcr mich")
    with pytest.raises(ConfigurationError, match=r"rules/mine\.sql: it is not UTF-8 text"):
        rules.statements(SHIPPED, folder)


def test_a_folder_without_rules_changes_nothing(tmp_path: Path) -> None:
    assert rules.statements(SHIPPED, tmp_path) == rules.statements(SHIPPED, None)


def test_a_rule_of_the_users_is_found_beside_the_shipped_ones_or_replaces_the_one_of_its_id(
    ruled: Callable[..., Warehouse],
) -> None:
    warehouse = ruled(mine=GOOD, self_grant=GOOD.rstrip("; ") + " -- all of it")
    entry = warehouse.add("2026-05-04 09:00", actor="p", action="assigned", **ROLE)
    assert warehouse.rows("FROM findings ORDER BY rule_id") == [
        (rule, "low", None, "org", "2026-05-04 09:00:00+00", "p", entry, "hm")
        for rule in ("mine", "self_grant")
    ]
    assert warehouse.row("FROM rules WHERE rule_id = 'mine'") == (
        "mine", "It's mine", "low", None, "Look twice: here", "All of them.",
    )  # fmt: skip
    assert len(warehouse.rows("FROM rules")) == len(list(SHIPPED.glob("*.sql"))) + 1


@pytest.mark.parametrize("select", ["SELEC", "SELECT 1", "FROM nowhere", "FROM runs; FROM runs"])
def test_a_select_that_fails_is_reported_for_its_own_file(
    ruled: Callable[..., Warehouse], select: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"^ETL_SQL_DIR: rules/mine\.sql fails: "):
        ruled(mine=GOOD[: GOOD.index("SELECT")] + select)


def test_a_rule_that_fails_on_data_is_found_by_asking_rule_by_rule(
    ruled: Callable[..., Warehouse],
) -> None:
    fails = GOOD.replace("'hm'", "CAST(action_type AS INTEGER)").replace(
        "FROM audit_log", "FROM audit_log WHERE CAST(entity_id AS INTEGER) > 0"
    )
    warehouse = ruled(mine=fails, careful=fails.replace("CAST(", "TRY_CAST("))
    warehouse.add("2026-05-04 09:00", actor="p", action="assigned", **ROLE)
    warehouse.add("2026-05-04 09:00", actor="p", action="updated", entity_id="7")
    hits: dict[str, int | None] = {}
    for (rule,) in warehouse.rows("SELECT rule_id FROM rules"):
        hits[rule] = None
        with suppress(duckdb.ConversionException):
            hits[rule] = len(warehouse.rows("FROM findings WHERE rule_id = ?", rule))
    told = {rule: number for rule, number in hits.items() if number != 0}
    assert told == {"mine": None, "self_grant": 1, "careful": 1}
    with pytest.raises(duckdb.ConversionException):
        warehouse.rows("FROM findings")
