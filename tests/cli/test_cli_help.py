"""The help texts, the version, and the modules that they import."""

import re
import subprocess
import sys

import pytest
from shell import ROOT, Shell

from etl import __version__
from etl.cli.main import COMMANDS, EXIT_CODES
from etl.settings import variables


def _help(shell: Shell, *command: str) -> str:
    ran = shell.run(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def _examples(text: str) -> list[str]:
    """The lines of a help text that a reader would copy."""
    return [line.strip() for line in text.splitlines() if re.match(r"\s+etl\s", line)]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples_with_valid_flags(shell: Shell, command: str) -> None:
    text = _help(shell, command)
    examples = _examples(text)
    assert len(examples) >= 2
    assert all(line.startswith(f"etl {command}") for line in examples)
    declared = set(re.findall(r"^\s+(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE))
    assert {flag for line in examples for flag in re.findall(r"--[a-z-]+", line)} <= declared


def test_the_main_help_lists_every_command_and_exit_code(shell: Shell) -> None:
    text = _help(shell)
    listed = [(command, summary) for command, (_, summary) in COMMANDS.items()]
    for name, meaning in (*listed, *EXIT_CODES):
        assert re.search(rf"^\s+{name}\s+{meaning}$", text, re.MULTILINE)
    assert _examples(text)
    assert shell.run("--version").out == f"etl {__version__}\n"


def test_the_help_of_sync_lists_every_setting_but_the_token(shell: Shell) -> None:
    text = _help(shell, "sync")
    for variable in variables():
        assert (f"{variable.flag} {variable.env}" in text) == (variable.flag is not None)
    assert "--api-token" not in text


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], {"pydantic", "duckdb", "httpx", "rich", "tenacity", "msgspec"}),
        (["status", "--help"], {"httpx", "tenacity"}),
        (["query", "--help"], {"httpx", "tenacity"}),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], unneeded: set[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "etl", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in imported
    assert not unneeded & imported
