"""The shape of the code: which stage may use which, and how large anything may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from outside import ROOT, run

ETL = ROOT / "etl"

PIPELINE = ("settings", "client", "engine", "warehouse", "run", "cli")
"""The stages in the order in which data goes through them."""

ALLOWED = {stage: {"errors", *PIPELINE[: n + 1]} for n, stage in enumerate(PIPELINE)} | {
    "errors": set[str](),
    "setting_types": set[str](),
    "setting_messages": {"errors", "setting_types"},
    "settings": {"errors", "settings", "setting_types", "setting_messages"},
    "engine": {"errors", "engine", "client.page"},
    "warehouse": {"errors", "warehouse", "engine.model", "engine.run"},
    "sandbox": {"errors", "sandbox"},
    "cli": {"errors", *PIPELINE, "sandbox", "setting_messages"},
    "api": {"errors", *PIPELINE},
    "__main__": {"cli"},
}
"""What each stage may import: whole stages, or single modules of one."""

TOP_LEVEL = {"pyproject.toml", "README.md", "etl", "sql", "tests", "Dockerfile", "uv.lock"}
MODULE_LINES, FUNCTION_LINES, SQL_CHARACTERS = 350, 60, 200

MODULES = sorted(ETL.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def _stage(path: Path) -> str:
    return path.relative_to(ETL).parts[0].removesuffix(".py")


def _imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere in a file, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            source = node.module or ""
            # `from etl import x` names a stage, or __version__, which everybody may know.
            for alias in node.names:
                yield f"etl.{alias.name}" if source == "etl" else source


def _uphill(path: Path) -> set[str]:
    """What a module imports of this package and its stage may not import."""
    used = {name.removeprefix("etl.") for name in _imports(TREES[path]) if name.startswith("etl.")}
    allowed = ALLOWED[_stage(path)] | {"__version__"}
    return {name for name in used if not {name, name.split(".")[0]} & allowed}


def test_every_part_of_the_package_has_its_stage_and_imports_only_run_downhill() -> None:
    assert {_stage(path) for path in MODULES} - {"__init__"} == set(ALLOWED)
    places = [path for path in MODULES if _stage(path) != "__init__"]
    assert not {path: strange for path in places if (strange := _uphill(path))}


def test_the_engine_uses_no_network_no_database_and_no_clock() -> None:
    pure = {"asyncio", "collections", "dataclasses", "datetime", "enum", "itertools", "math"}
    clocks = {"now", "today", "utcnow", "time", "monotonic", "sleep"}
    engine = [TREES[path] for path in MODULES if _stage(path) == "engine"]
    assert engine
    for tree in engine:
        assert {name.split(".")[0] for name in _imports(tree)} <= pure | {"typing", "etl"}
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not {func.attr for func in called if isinstance(func, ast.Attribute)} & clocks


def test_no_module_or_function_is_too_long() -> None:
    for path, tree in TREES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES, path
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= FUNCTION_LINES, f"{path}:{node.name}"


def test_sql_of_any_size_stands_in_a_file_of_its_own() -> None:
    verbs = ["SELECT", "WITH", "FROM", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "COMMENT"]
    long = [
        f"{path}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Constant | ast.JoinedStr)
        and len(text := _text(node)) > SQL_CHARACTERS
        and text.split(maxsplit=1)[0] in verbs
    ]
    assert not long


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node.value, str) else ""


def test_no_statement_is_left_that_nothing_runs() -> None:
    python = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    files = [*(ROOT / "sql" / "load").glob("*.sql"), *(ROOT / "sql" / "ledger").glob("*.sql")]
    assert files
    named = [(f'"{path.parent.name}/{path.name}"', f'"{path.stem}"') for path in files]
    assert not [names for names in named if not any(name in python for name in names)]


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    if listed.returncode:
        pytest.skip("not a git checkout: what is lying about says nothing")
    found = {name.split("/")[0] for name in listed.stdout.splitlines()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL
    assert ".env.example" in found
