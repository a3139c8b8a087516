"""sql/README.md tells of every object, and prints what the warehouse really answers."""

from pathlib import Path

import pytest
import readme
from answering import Warehouse

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme") / "demo.duckdb"
    readme.demo(path)
    return path


def test_columns_and_printed_results_are_those_of_the_warehouse(demo: Path) -> None:
    fresh = readme.refreshed(TEXT, demo)
    assert fresh.splitlines() == TEXT.splitlines(), "python tests/answers/readme.py makes it anew"


def test_every_table_view_and_rule_has_a_section(warehouse: Warehouse) -> None:
    objects = warehouse.rows(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal "
        "UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
    )
    assert [name for (name,) in objects if f"### `{name}`\n" not in TEXT] == []
    rules = warehouse.rows("SELECT rule_id FROM rules")
    assert [rule for (rule,) in rules if f"### Rule `{rule}`\n" not in TEXT] == []


def test_every_macro_is_shown_with_its_parameters(warehouse: Warehouse) -> None:
    macros = warehouse.rows(
        "SELECT function_name, parameters FROM duckdb_functions() WHERE NOT internal"
    )
    text = " ".join(TEXT.split())
    calls = [f"`{name}({', '.join(parameters)})`" for name, parameters in macros]
    assert [call for call in calls if call not in text] == []


def test_every_section_asks_a_question_of_the_warehouse() -> None:
    for section in TEXT.split("\n### ")[1:]:
        assert "?*\n\n```sql\n" in section, section.splitlines()[0]
