"""README and the pages of `etl help` against the code: what they say to type works."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from outside import PAGES, README, ROOT, output, run

from etl.cli.main import COMMANDS, EXIT_CODES
from etl.settings import variables

SQL_README = (ROOT / "sql" / "README.md").read_text(encoding="utf-8")


def _blocks(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _typed(text: str) -> list[str]:
    return [
        line.split("#")[0].strip()
        for language, block in _blocks(text)
        if language == "sh"
        for line in block.replace("\\\n", " ").splitlines()
    ]


BLOCKS = _blocks(README)
WRITTEN = "".join(PAGES.values())
TYPED = _typed(README)


def _etl(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "etl", *words, cwd=cwd, PYTHONPATH=str(ROOT), COLUMNS="200")


def _table(marker: str, head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Between its markers."""
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
    rule = "| --- " * (head.count("|") - 1)
    return f"<!-- {marker} -->\n{head}\n{rule}|\n{lines}<!-- /{marker} -->\n"


def test_the_tables_of_settings_and_exit_codes_are_the_code_s() -> None:
    defaults = {v.env: f"`{v.default}`" if v.default else "" for v in variables()}
    rows = [(f"`{v.env}`", defaults[v.env], v.description) for v in variables()]
    codes = [(f"`{code}`", meaning) for code, meaning in EXIT_CODES]
    assert _table("settings", "| setting | default | description |", rows) in PAGES["settings"]
    assert _table("exit codes", "| code | meaning |", codes) in PAGES["exit-codes"]
    assert set(re.findall(r"\bETL_[A-Z_]+\b", README + WRITTEN)) == set(defaults)


def test_help_names_every_command_and_every_exit_code(tmp_path: Path) -> None:
    told = _etl("--help", cwd=tmp_path).stdout
    for command, (_, summary) in COMMANDS.items():
        assert re.search(rf"^ +{command}\s+{re.escape(summary)}$", told, re.MULTILINE)
    for code, meaning in EXIT_CODES:
        assert f"  {code}  {meaning}\n" in told + "\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_the_flags_that_readme_and_pages_show(
    command: str, tmp_path: Path
) -> None:
    done = _etl(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(rf"^  etl {command}\b", done.stdout, re.MULTILINE), "an example"
    assert f"etl {command}" in README + WRITTEN
    shown = re.findall(rf"\betl {command}\b([^\n`|>]*)", README + WRITTEN)
    flags = {flag for rest in shown for flag in re.findall(r"(?<!\S)--[a-z-]+", rest)}
    assert not {flag for flag in flags if not re.search(rf"{flag}\b", done.stdout)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a warehouse, as `etl demo` makes it, and what it printed."""
    made = tmp_path_factory.mktemp("readme")
    printed = output(sys.executable, "-m", "etl", "demo", cwd=made, PYTHONPATH=str(ROOT))
    shutil.move(made / "demo.duckdb", made / "warehouse.duckdb")
    return made, printed


def test_what_the_readme_shows_of_the_demo_is_what_it_prints(demo: tuple[Path, str]) -> None:
    """Except for seconds, which depend on the machine."""
    shown = next(block for _, block in BLOCKS if "The first sync" in block)
    assert "15 requests, " in shown
    assert re.sub(r"[\d.]+ s\n", "", shown) in re.sub(r"[\d.]+ s\n", "", demo[1])


def test_the_queries_for_the_demo_find_something(demo: tuple[Path, str]) -> None:
    beginning = _typed(SQL_README.partition("\n## ")[0])
    assert beginning
    for line in [line for line in TYPED if line.startswith("etl query")] + beginning:
        done = _etl(*shlex.split(line.replace(" --warehouse demo.duckdb", ""))[1:], cwd=demo[0])
        assert (done.returncode, done.stderr) == (0, ""), line
        rows = len(done.stdout.splitlines()) - 1
        assert rows == 5 if line in beginning else rows > 0, line


def test_the_python_of_the_readme_runs(demo: tuple[Path, str]) -> None:
    ((_, code),) = [block for block in BLOCKS if block[0] == "python"]
    done = run(sys.executable, "-c", code, cwd=demo[0])
    assert (done.returncode, done.stderr) == (0, "")
    assert "created" in done.stdout


def test_etl_help_lists_every_page_and_readme_links_to_each(tmp_path: Path) -> None:
    listed = output(sys.executable, "-m", "etl", "help", cwd=tmp_path, PYTHONPATH=str(ROOT))
    for topic, page in PAGES.items():
        assert re.search(rf"^  {topic} +\S", listed, re.MULTILINE)
        assert f"(etl/docs/{topic}.md)" in README
        assert _etl("help", topic, cwd=tmp_path).stdout == page
        lines = [line for line in page.splitlines() if not line.startswith("|")]
        assert max(map(len, lines)) <= 120
    named = set(re.findall(r"`etl help ([a-z-]+)`", README + WRITTEN))
    assert named <= {*PAGES, "sql"}
    done = _etl("help", "privcy", cwd=tmp_path)
    assert (done.returncode, "did you mean privacy?" in done.stderr) == (2, True)


def test_the_two_commands_stand_in_the_readme_word_for_word_and_its_links_lead_somewhere() -> None:
    assert {"pip install -e . && etl demo", "pip install -e '.[test]' && pytest"} <= set(TYPED)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install --quiet --editable '.[test]'" in ci
    local = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]
