"""Programs, run as a user runs them: not in the checkout, and without this process' settings."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "etl" / "docs").glob("*.md")
}
"""The pages that `etl help` prints."""

_OURS = ("ETL_", "PYTHON", "VIRTUAL_ENV", "UV_")


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    words = [str(part) for part in command]
    return subprocess.run(
        words, cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
    )


def output(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a program prints that must succeed."""
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
