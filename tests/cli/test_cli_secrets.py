"""The token is searched for in everything that a run leaves behind, at every log level."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from shell import Ran, Shell

from etl.sandbox.server import Sandbox, running
from etl.sandbox.service import Answer, Fault
from etl.sandbox.source import Source

# A token that looks different once it is escaped, quoted or encoded.
TOKEN = "tok/En+with=odd%20signs&more"


def _spellings() -> set[bytes]:
    """The ways in which a token may be written without being recognized."""
    encoded = TOKEN.encode()
    return {
        encoded,
        quote(TOKEN, safe="").encode(),
        json.dumps(TOKEN).strip('"').encode(),
        base64.b64encode(encoded),
        encoded.hex().encode(),
        repr(TOKEN).strip("'").encode(),
    }


def _leaks(ran: Ran, folder: Path) -> set[str]:
    """Where the token is: a stream's name or a file's."""
    left = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    left |= {"stdout": ran.out.encode(), "stderr": ran.err.encode()}
    return {name for name, content in left.items() if any(s in content for s in _spellings())}


@pytest.mark.parametrize("spelled", sorted(_spellings()))
def test_the_search_would_find_it_however_it_is_spelled(spelled: bytes, tmp_path: Path) -> None:
    told = f"before {spelled.decode()} after"
    (tmp_path / "file.duckdb").write_bytes(b"\xff" + told.encode())
    assert _leaks(Ran(0, told, ""), tmp_path) == {"stdout", "file.duckdb"}
    assert _leaks(Ran(0, "", told), tmp_path) == {"stderr", "file.duckdb"}


class Case(NamedTuple):
    arguments: tuple[str, ...]
    code: int
    prepare: Callable[[Shell, Sandbox], object] = lambda *_: None


def _faults(fault: Fault) -> Callable[[Shell, Sandbox], object]:
    def prepare(_: Shell, sandbox: Sandbox) -> None:
        sandbox.service.faults = lambda _: fault

    return prepare


def _echo(status: int) -> Callable[[Shell, Sandbox], object]:
    """A server that sends the token back wherever it can."""
    headers = (("x-request-id", TOKEN), ("location", f"https://elsewhere.example/{TOKEN}"))
    return _faults(Answer(status, json.dumps({"detail": f"token {TOKEN}"}).encode(), headers))


CASES = {
    "succeeds": Case(("sync",), 0),
    "is refused": Case(("sync",), 4, lambda _, s: setattr(s.service, "token", "another")),
    "is refused with its own token": Case(("sync",), 4, _echo(403)),
    "fails with its own token": Case(("sync", "--json"), 5, _echo(500)),
    "cannot be processed, with its own token": Case(("sync",), 5, _echo(422)),
    "is sent elsewhere": Case(("sync",), 5, _echo(302)),
    "meets nonsense": Case(("sync",), 5, _faults(Answer(200, f"<p>{TOKEN}".encode()))),
    "is cut off": Case(("sync",), 5, _faults(ConnectionError(TOKEN))),
    "runs out of budget": Case(("sync", "--max-requests", "1"), 6),
    "cannot open its warehouse": Case(
        ("sync",), 7, lambda shell, _: shell.warehouse.write_bytes(b"no database" * 999)
    ),
    "is misconfigured": Case(("sync", "--lookback-days", "x"), 2),
    "asks for its status": Case(("status",), 0),
    "asks for the token in SQL": Case(("query", "SELECT getenv('ETL_API_TOKEN')"), 2),
}


IN_JSON = ("succeeds", "fails with its own token", "is cut off", "runs out of budget")


@pytest.mark.parametrize(
    ("case", "log_format"),
    [*((name, "text") for name in CASES), *((name, "json") for name in IN_JSON)],
)
def test_the_token_is_nowhere_when_a_command(
    prepared: Shell, sandbox: Sandbox, case: str, log_format: str
) -> None:
    sandbox.service.token = TOKEN
    arguments, code, prepare = CASES[case]
    prepare(prepared, sandbox)
    telling = prepared.having(
        ETL_API_TOKEN=TOKEN,
        ETL_LOG_LEVEL="debug",
        ETL_LOG_FORMAT=log_format,
        ETL_PUBLISH="copy.duckdb",
        ETL_MAX_ATTEMPTS="2",
    )
    ran = telling.run(*arguments)
    assert ran.code == code
    assert "Traceback" not in ran.err
    assert not _leaks(ran, prepared.folder)


@pytest.mark.parametrize("level", ["info", "error"])
def test_the_token_is_nowhere_at_any_other_level(
    prepared: Shell, sandbox: Sandbox, level: str
) -> None:
    sandbox.service.token = TOKEN
    ran = prepared.having(ETL_API_TOKEN=TOKEN, ETL_LOG_LEVEL=level).run("sync")
    assert ran.code == 0
    assert not _leaks(ran, prepared.folder)


def test_the_token_is_in_no_stream_of_a_process_that_debugs_everything(
    shell: Shell, sandbox: Sandbox
) -> None:
    sandbox.service.token = TOKEN
    telling = shell.having(ETL_API_TOKEN=TOKEN, ETL_LOG_LEVEL="debug", PYTHONASYNCIODEBUG="1")
    ran = telling.process("sync")
    assert ran.code == 0
    assert not _leaks(ran, shell.folder)


@pytest.mark.parametrize(
    "token", [f"{TOKEN}\nx", f"{TOKEN} x", f"Bearer {TOKEN}", f"{TOKEN}\u00fc"]
)
def test_a_token_that_cannot_be_sent_is_refused_without_being_repeated(
    prepared: Shell, token: str
) -> None:
    ran = prepared.having(ETL_API_TOKEN=token, ETL_LOG_LEVEL="debug").run("sync")
    assert ran.code == 3
    assert "ETL_API_TOKEN" in ran.complaint
    assert not _leaks(ran, prepared.folder)


@pytest.mark.parametrize(
    "name", ["ETL_ORGANIZATION_ID", "ETL_FROM_DATE", "ETL_API_BASE_URL", "ETL_CONCURRENCY"]
)
def test_a_token_in_another_variable_is_not_repeated_by_the_complaint(
    shell: Shell, name: str
) -> None:
    ran = shell.having(**{name: TOKEN}).run("sync")
    assert ran.code == 3
    assert name in ran.complaint
    assert not _leaks(ran, shell.folder)


def test_a_token_in_the_url_is_refused_and_not_repeated(shell: Shell) -> None:
    ran = shell.having(ETL_API_BASE_URL="https://user:secret-word@api.example.com").run("sync")
    assert ran.code == 3
    assert "secret-word" not in ran.out + ran.err


def test_the_token_never_goes_to_another_host(shell: Shell, sandbox: Sandbox) -> None:
    with running(Source(), token=TOKEN) as other:
        sandbox.service.faults = lambda _: Answer(307, b"", (("location", f"{other.url}/v1/x"),))
        assert shell.having(ETL_API_TOKEN=TOKEN).run("sync").code == 5
        assert not other.requests


def test_even_a_bug_with_a_traceback_does_not_show_it(shell: Shell) -> None:
    """At debug level a bug shows where it comes from: frames, not values."""
    broken = shell.folder / "sitecustomize.py"
    broken.write_text(
        "import etl.run.job\n"
        "def fail(self):\n"
        "    raise RuntimeError(f'made up: {self!r} {self.settings.api_token!r}')\n"
        "etl.run.job.Job.connect = fail\n"
    )
    for level in ("debug", "info"):
        told = shell.having(
            ETL_API_TOKEN=TOKEN,
            ETL_LOG_LEVEL=level,
            PYTHONPATH=f"{shell.folder}:{Path(__file__).parents[2]}",
        )
        ran = told.process("sync")
        assert ran.code == 1
        assert not _leaks(ran, shell.folder)
        assert ("Traceback" in ran.err) == (level == "debug")
