"""The token is in no output and in no file of any command, at any log level."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from shell import ROOT, Ran, Shell

from etl.sandbox.server import Sandbox
from etl.sandbox.service import Answer, Fault

TOKEN = "tok/En+with=odd%20signs&more"
"""A token that looks different when it is escaped, quoted or encoded."""


def _spellings() -> set[bytes]:
    encoded = TOKEN.encode()
    return {
        encoded,
        quote(TOKEN, safe="").encode(),
        json.dumps(TOKEN).strip('"').encode(),
        base64.b64encode(encoded),
        encoded.hex().encode(),
    }


def _leaks(ran: Ran, folder: Path) -> set[str]:
    """The names of the streams and files that hold the token."""
    left = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    left |= {"stdout": ran.out.encode(), "stderr": ran.err.encode()}
    return {name for name, content in left.items() if any(s in content for s in _spellings())}


class Case(NamedTuple):
    arguments: tuple[str, ...]
    code: int
    prepare: Callable[[Shell, Sandbox], object] = lambda *_: None


def _faults(fault: Fault) -> Callable[[Shell, Sandbox], object]:
    def prepare(_: Shell, sandbox: Sandbox) -> None:
        sandbox.service.faults = lambda _: fault

    return prepare


def _echo(status: int) -> Callable[[Shell, Sandbox], object]:
    """A server that sends the token back in the body and in headers."""
    headers = (("x-request-id", TOKEN), ("location", f"https://elsewhere.example/{TOKEN}"))
    return _faults(Answer(status, json.dumps({"detail": f"token {TOKEN}"}).encode(), headers))


CASES = {
    "succeeds": Case(("sync",), 0),
    "is refused": Case(("sync",), 4, lambda _, s: setattr(s.service, "token", "another")),
    "is refused with its token": Case(("sync",), 4, _echo(403)),
    "fails with its token": Case(("sync", "--json"), 5, _echo(500)),
    "is rejected with its token": Case(("sync",), 5, _echo(422)),
    "is redirected": Case(("sync",), 5, _echo(302)),
    "receives garbage": Case(("sync",), 5, _faults(Answer(200, f"<p>{TOKEN}".encode()))),
    "is disconnected": Case(("sync",), 5, _faults(ConnectionError(TOKEN))),
    "uses up its budget": Case(("sync", "--max-requests", "1"), 6),
    "has an invalid flag": Case(("sync", "--lookback-days", "x"), 2),
    "reports its status": Case(("status",), 6),
    "reads its token in SQL": Case(("query", "SELECT getenv('ETL_API_TOKEN')"), 2),
}


@pytest.mark.parametrize("log", ["debug text", "debug json", "info text"])
@pytest.mark.parametrize("case", CASES)
def test_no_token_is_shown_when_a_command(
    prepared: Shell, sandbox: Sandbox, case: str, log: str
) -> None:
    sandbox.service.token = TOKEN
    arguments, code, prepare = CASES[case]
    prepare(prepared, sandbox)
    level, form = log.split()
    logged = prepared.having(ETL_LOG_LEVEL=level, ETL_LOG_FORMAT=form, ETL_MAX_ATTEMPTS="2")
    ran = logged.having(ETL_API_TOKEN=TOKEN, ETL_PUBLISH="copy.duckdb").run(*arguments)
    assert ran.code == code
    assert "Traceback" not in ran.err
    assert not _leaks(ran, prepared.folder)
    for spelled in _spellings():
        (prepared.folder / "copy.duckdb").write_bytes(b"before " + spelled)
        found = _leaks(replace(ran, err=ran.err + spelled.decode()), prepared.folder)
        assert found == {"stderr", "copy.duckdb"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ETL_API_TOKEN", f"{TOKEN}\nx"),
        ("ETL_API_TOKEN", f"Bearer {TOKEN}"),
        ("ETL_API_TOKEN", f"{TOKEN}\u00fc"),
        ("ETL_ORGANIZATION_ID", TOKEN),
        ("ETL_FROM_DATE", TOKEN),
        ("ETL_CONCURRENCY", TOKEN),
        ("ETL_API_BASE_URL", TOKEN),
        ("ETL_API_BASE_URL", f"https://user:{quote(TOKEN, safe='')}@api.example.com"),
    ],
)
def test_an_invalid_setting_is_named_without_its_value(shell: Shell, name: str, value: str) -> None:
    ran = shell.having(**{name: value, "ETL_LOG_LEVEL": "debug"}).run("sync")
    assert ran.code == 3
    assert name in ran.complaint
    assert not _leaks(ran, shell.folder)


@pytest.mark.parametrize("level", ["debug", "info"])
def test_a_traceback_is_shown_at_debug_level_without_the_token(shell: Shell, level: str) -> None:
    (shell.folder / "sitecustomize.py").write_text(
        "import etl.run.job\n"
        "def fail(self):\n"
        "    raise RuntimeError(f'made up: {self!r} {self.settings.api_token!r}')\n"
        "etl.run.job.Job.connect = fail\n"
    )
    path = f"{shell.folder}:{ROOT}"
    told = shell.having(ETL_API_TOKEN=TOKEN, ETL_LOG_LEVEL=level, PYTHONPATH=path)
    ran = told.having(PYTHONASYNCIODEBUG="1").process("sync")
    assert ran.code == 1
    assert ("Traceback" in ran.err) == (level == "debug")
    assert not _leaks(ran, shell.folder)
