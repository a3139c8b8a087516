"""`etl sandbox` as a person starts it: what it prints, what it serves, how it ends."""

from __future__ import annotations

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

START = """
import argparse, sys
from etl.sandbox.command import add_arguments, run
parser = argparse.ArgumentParser("etl sandbox")
add_arguments(parser)
sys.exit(run(parser.parse_args()))
"""


def _parsed(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("etl sandbox")
    add_arguments(parser)
    return parser.parse_args(options)


@contextmanager
def _started(*options: str) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """The settings that a sandbox of its own process has printed, and the process."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        export, *assigned = shlex.split(process.stdout.readline())
        assert export == "export"
        yield dict(setting.split("=", 1) for setting in assigned), process
    finally:
        process.kill()
        process.communicate()


def _page(settings: dict[str, str], **params: Any) -> Any:
    url = f"{settings['ETL_API_BASE_URL']}/v1/organizations/{settings['ETL_ORGANIZATION_ID']}"
    token = settings["ETL_API_TOKEN"]
    answer = httpx.get(
        f"{url}/audit-log",
        params=params,
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_printed_line_is_all_that_a_client_needs_and_ctrl_c_ends_it_quietly() -> None:
    with _started("--entries", "70", "--token", "a token's", "--organization-id", "o") as started:
        settings, process = started
        assert set(settings) == {"ETL_API_BASE_URL", "ETL_ORGANIZATION_ID", "ETL_API_TOKEN"}
        assert (settings["ETL_API_TOKEN"], settings["ETL_ORGANIZATION_ID"]) == ("a token's", "o")
        assert _page(settings)["total"] == 70
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=20)
        assert (process.returncode, printed, complained) == (0, "", "")


def test_a_file_is_served_under_its_own_organization_in_the_dialect_asked_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.ndjson"
    lines = [
        {"id": f"e{n}", "organization_id": "org_file", "actor_id": "u", "_at": f"2025-01-0{n}"}
        for n in (2, 3, 1)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    dialect = ["--names", "camel", "--order", "oldest", "--time-style", "epoch-s"]
    with _started("--file", str(path), *dialect) as (settings, _):
        assert settings["ETL_ORGANIZATION_ID"] == "org_file"
        items = _page(settings)["items"]
        assert [item["id"] for item in items] == ["e1", "e2", "e3"]
        assert (items[0]["actorId"], items[0]["createdAt"]) == ("u", 1735689600)


def test_every_question_of_the_dialect_has_a_switch_with_the_same_default() -> None:
    parsed = vars(_parsed())
    for switch in switches():
        assert parsed[switch.name] == switch.default


@pytest.mark.parametrize(
    "options",
    [
        ["--entries", "-1"],
        ["--days", "0"],
        ["--port", "x"],
        ["--latency-ms", "fast"],
        ["--names", "kebab"],
        ["--max-limit", "0"],
        ["--host", "0.0.0.0"],  # noqa: S104 - that it cannot be said is the point
    ],
)
def test_a_value_that_cannot_be_is_refused_on_the_command_line(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        _parsed(*options)
    assert caught.value.code == 2
    assert options[0] in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--zone", "Mars/Olympus"], "--zone is an IANA time zone, not 'Mars/Olympus'"),
        (["--burst", "5"], "--burst needs --rate-limit"),
        (["--port", "70000"], "cannot listen on port 70000"),
        (["--days", "99999999"], "--entries 1000 --days 99999999: "),
        (["--file", "absent.ndjson"], "cannot read absent.ndjson"),
    ],
)
def test_what_only_shows_when_it_starts_is_one_line_and_exit_code_2(
    options: list[str], says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        run(_parsed(*options))
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_of_several_organizations_needs_one_of_them_named(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    lines = [{"organization_id": name, "_at": "2025-01-01"} for name in ("a", "b", "b")]
    path.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(UsageError, match="holds several organizations' entries; name one"):
        run(_parsed("--file", str(path)))
    with pytest.raises(UsageError, match="holds none of its entries; name one"):
        run(_parsed("--file", str(path), "--organization-id", "c"))
    with _started("--file", str(path), "--organization-id", "b") as (settings, _):
        assert _page(settings)["total"] == 2
