"""`etl sandbox` as a person starts it: what it prints, what it serves, how it ends."""

import argparse
import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from etl.errors import UsageError
from etl.sandbox.command import add_arguments, run
from etl.sandbox.dialect import switches


def _parsed(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("etl sandbox")
    add_arguments(parser)
    return parser.parse_args(options)


@contextmanager
def _started(*options: str) -> Iterator[tuple[dict[str, str], "subprocess.Popen[str]"]]:
    """The settings that a sandbox in its own process has printed, and the process."""
    command, pipe = [sys.executable, "-m", "etl", "sandbox", *options], subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
    try:
        assert process.stdout is not None
        export, *assigned = shlex.split(process.stdout.readline())
        assert export == "export"
        yield dict(setting.split("=", 1) for setting in assigned), process
    finally:
        process.kill()
        process.communicate()


def _page(settings: dict[str, str]) -> Any:
    url = f"{settings['ETL_API_BASE_URL']}/v1/organizations/{settings['ETL_ORGANIZATION_ID']}"
    headers = {"authorization": f"Bearer {settings['ETL_API_TOKEN']}"}
    return httpx.get(f"{url}/audit-log", headers=headers, trust_env=False).json()


def _file(path: Path, *lines: dict[str, str]) -> str:
    path.write_text("\n".join(map(json.dumps, lines)))
    return str(path)


def test_the_printed_line_is_all_that_a_client_needs_and_ctrl_c_ends_it_quietly() -> None:
    options = ("--entries", "70", "--token", "a token's", "--organization-id", "o")
    with _started(*options) as (settings, process):
        assert set(settings) == {"ETL_API_BASE_URL", "ETL_ORGANIZATION_ID", "ETL_API_TOKEN"}
        assert (settings["ETL_API_TOKEN"], settings["ETL_ORGANIZATION_ID"]) == ("a token's", "o")
        assert _page(settings)["total"] == 70
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=60)
        assert (process.returncode, printed, complained) == (0, "", "")


def test_a_file_is_served_in_the_dialect_asked_for(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "log.ndjson",
        *({"id": f"e{n}", "organization_id": "o", "_at": f"2025-01-0{n}"} for n in (2, 3, 1)),
        {"id": "other", "organization_id": "other", "_at": "2025-01-01"},
    )
    options = ("--organization-id", "o", "--names", "camel", "--order", "oldest")
    with _started("--file", path, *options, "--time-style", "epoch-s") as (settings, _):
        items = _page(settings)["items"]
    assert [item["id"] for item in items] == ["e1", "e2", "e3"]
    assert items[0]["createdAt"] == 1735689600


def test_every_question_of_the_dialect_has_a_switch_with_the_same_default() -> None:
    parsed = vars(_parsed())
    assert {switch.name: switch.default for switch in switches()}.items() <= parsed.items()


@pytest.mark.parametrize(
    "options",
    [
        ["--entries", "-1"],
        ["--latency-ms", "fast"],
        ["--names", "kebab"],
        ["--max-limit", "0"],
        ["--host", "0.0.0.0"],  # noqa: S104 - that it cannot be said is the point
    ],
)
def test_a_bad_value_is_refused_on_the_command_line(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        _parsed(*options)
    assert options[0] in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--zone", "Mars/Olympus"], "--zone is an IANA time zone, not 'Mars/Olympus'"),
        (["--burst", "5"], "--burst needs --rate-limit"),
        (["--port", "70000"], "cannot listen on port 70000"),
        (["--days", "99999999"], "--entries 1000 --days 99999999: "),
        (["--file", "absent.ndjson"], "cannot read absent.ndjson"),
        (["--file", "two.ndjson"], "two.ndjson holds several organizations' entries; name one"),
        (["--file", "two.ndjson", "--organization-id", "c"], "two.ndjson holds none of its"),
    ],
)
def test_what_shows_only_at_the_start_is_one_line_and_exit_code_2(
    options: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _file(Path("two.ndjson"), *({"organization_id": o, "_at": "2025-01-01"} for o in "ab"))
    with pytest.raises(UsageError) as caught:
        run(_parsed(*options))
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
