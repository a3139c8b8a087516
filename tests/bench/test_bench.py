"""The benchmark itself: it judges rightly, and it still runs."""

import json
import subprocess
import sys

import pytest

from .figures import Figure, table
from .process import ROOT


@pytest.mark.parametrize(
    ("value", "bound", "told"),
    [
        (3.0, {"most": 3.0}, "yes"),
        (3.01, {"most": 3.0}, "NO"),
        (97.0, {"least": 97.0}, "yes"),
        (96.9, {"least": 97.0}, "NO"),
        (5.0, {}, ""),
    ],
)
def test_a_figure_is_reached_only_within_its_bound_and_small_sizes_are_not_judged(
    value: float, bound: dict[str, float], told: str
) -> None:
    figure = Figure("part", "name", value, **bound)
    for small, verdict in ((False, told), (True, "")):
        row = table([figure], small=small).splitlines()[2]
        assert row.split("|")[4].strip() == verdict


def test_the_benchmark_runs_and_prints_its_figures_as_json() -> None:
    ran = _bench("--only", "quiet", "--quick", "--json")
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)["figures"]
    measured = {figure["name"]: figure["value"] for figure in figures}
    assert measured["quiet run: requests"] == 2
    assert 0 < measured["quiet run: CPU"] < 60


def test_an_unknown_part_is_refused_by_name() -> None:
    ran = _bench("--only", "start", "nonsense")
    assert ran.returncode == 2
    assert "nonsense" in ran.stderr


def _bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
