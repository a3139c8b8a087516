"""What surrounds the program: proxies, certificates, links, a user without a home."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from shell import ROOT, Shell

from etl.sandbox.server import Sandbox

UNREACHABLE = "https://127.0.0.1:1"
SOCKS = "pip install 'httpx[socks]'"


def _environment(shell: Shell, **env: str) -> Shell:
    return shell.having(ETL_API_BASE_URL=UNREACHABLE, **env)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HTTPS_PROXY", "ftp://proxy.example.com", "HTTPS_PROXY: it must be a URL such as http://"),
        ("all_proxy", "http://x:port", "all_proxy: it must be a URL such as http://"),
        ("SSL_CERT_FILE", "missing.pem", "SSL_CERT_FILE: missing.pem: No such file or directory"),
        ("SSL_CERT_FILE", "empty.pem", "SSL_CERT_FILE: empty.pem holds no certificate in PEM"),
        ("SSL_CERT_FILE", "folder", "SSL_CERT_FILE: folder: Is a directory"),
        ("SSL_CERT_DIR", "missing", "SSL_CERT_DIR: there is no directory missing"),
        ("ETL_SECRETS_DIR", "missing", "ETL_SECRETS_DIR: there is no directory missing"),
        ("ETL_WAREHOUSE", "~nobody-here/a.duckdb", "ETL_WAREHOUSE must be a path without ~, not "),
        ("ETL_WAREHOUSE", "s3://bucket/a.duckdb", "ETL_WAREHOUSE must be a file on this machine, "),
    ],
)
def test_what_cannot_be_used_is_named_before_the_first_request(
    prepared: Shell, name: str, value: str, told: str
) -> None:
    (prepared.folder / "empty.pem").touch()
    (prepared.folder / "folder").mkdir()
    ran = _environment(prepared, **{name: value}).run("sync")
    assert ran.code == 3
    assert ran.complaint.startswith(told)


@pytest.mark.skipif("socksio" in sys.modules, reason="socksio is installed")
def test_a_socks_proxy_says_which_package_it_needs(prepared: Shell) -> None:
    ran = _environment(prepared, ALL_PROXY="socks5://127.0.0.1:1").run("sync")
    assert (ran.code, SOCKS in ran.complaint) == (3, True)


@pytest.mark.parametrize("ignored", ["fd00::/8,10.0.0.0/8", "http://", "[::1", ",,"])
def test_what_no_proxy_holds_besides_names_is_ignored(prepared: Shell, ignored: str) -> None:
    ran = _environment(prepared, NO_PROXY=f"{ignored},127.0.0.1", HTTPS_PROXY="http://x").run(
        "sync"
    )
    assert ran.code == 5
    assert f"could not connect to {UNREACHABLE}" in ran.complaint


def test_a_dead_proxy_is_named_and_not_the_api(prepared: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but does not listen
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = _environment(prepared, HTTPS_PROXY=f"http://ada:s3cret@{place}").run("sync")
    assert ran.code == 5
    assert f"could not connect through the proxy {place}" in ran.complaint
    assert ran.complaint.endswith("check HTTPS_PROXY")
    assert "s3cret" not in ran.out + ran.err


def test_a_base_url_may_end_in_v1(prepared: Shell, sandbox: Sandbox) -> None:
    ran = prepared.having(ETL_API_BASE_URL=f"{sandbox.url}/v1/").run("sync")
    assert (ran.code, ran.err) == (0, "")


def test_a_missing_publish_folder_is_said_before_the_first_request(prepared: Shell) -> None:
    ran = prepared.having(ETL_PUBLISH="missing/copy.duckdb").run("sync")
    assert (ran.code, prepared.requests) == (7, [])
    assert ran.complaint == "ETL_PUBLISH: the folder missing does not exist"


def test_links_stay_links_and_what_they_point_to_is_written(prepared: Shell) -> None:
    real = prepared.folder / "real"
    real.mkdir()
    prepared.warehouse.rename(real / "warehouse.duckdb")
    prepared.warehouse.with_name("warehouse.duckdb.lock").unlink(missing_ok=True)
    for name in ("warehouse.duckdb", "copy.duckdb"):
        (prepared.folder / name).symlink_to(real / name)
    for _ in range(2):
        assert prepared.having(ETL_PUBLISH="copy.duckdb").run("sync").code == 0
    assert prepared.held == 250
    assert prepared.warehouse.is_symlink()
    assert (prepared.folder / "copy.duckdb").is_symlink()
    made = {path.name for path in real.iterdir()}
    assert made == {"warehouse.duckdb", "warehouse.duckdb.lock", "copy.duckdb"}


def test_a_run_gives_the_umask_back(prepared: Shell) -> None:
    before = os.umask(0o022)
    try:
        prepared.synced_ago(timedelta())
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert prepared.warehouse.stat().st_mode & 0o777 == 0o600


def test_sigterm_ends_a_process_that_would_ignore_it(tmp_path: Path) -> None:
    """The first process of a container has no default action for it."""
    code = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "import etl.cli.main as m\n"
        "m._run = lambda _: os.kill(os.getpid(), signal.SIGTERM) or 0\n"
        "raise SystemExit(m.main([]))"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (6, "etl: interrupted\n")


def test_a_line_of_env_that_sets_nothing_is_named_once(prepared: Shell) -> None:
    (prepared.folder / ".env").write_text("ETL_CONCURRENCY=2\nbroken line\n")
    ran = prepared.run("sync")
    assert ran.code == 0
    (line,) = ran.err.splitlines()
    assert line.endswith("warning .env, line 2: it is not NAME=value and is ignored")
