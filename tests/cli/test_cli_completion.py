"""Completion scripts, in the shells they are for."""

import shutil
import subprocess
from pathlib import Path

import pytest
from shell import Shell

from etl.cli.main import COMMANDS


def _complete(script: str, words: str, folder: Path) -> set[str]:
    typed = [word or "''" for word in words.split(" ")]
    code = f"{script}\nCOMP_WORDS=({' '.join(typed)})\nCOMP_CWORD={len(typed) - 1}\n_etl\n"
    code += 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", code], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split())


def test_bash_completes_commands_flags_topics_and_files(shell: Shell) -> None:
    script = shell.run("completion", "bash").out
    (shell.folder / "question.sql").touch()
    assert _complete(script, "etl ", shell.folder) == set(COMMANDS)
    assert _complete(script, "etl st", shell.folder) == {"status"}
    assert _complete(script, "etl sync --ma", shell.folder) == {"--max-requests", "--max-attempts"}
    assert _complete(script, "etl help priv", shell.folder) == {"privacy"}
    assert _complete(script, "etl query ques", shell.folder) == {"question.sql"}


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_the_other_shells_take_their_script(shell: Shell, name: str) -> None:
    script = shell.run("completion", name).out
    assert all(command in script for command in COMMANDS)
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([name, "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_shell_is_a_usage_error(shell: Shell) -> None:
    ran = shell.run("completion", "csh")
    assert (ran.code, "invalid choice: 'csh'" in ran.complaint) == (2, True)
