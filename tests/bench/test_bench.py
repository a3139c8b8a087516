"""The benchmark itself: it judges rightly, and it still runs."""

import json
import subprocess
import sys

import pytest

from .figures import Figure, table
from .process import ROOT


@pytest.mark.parametrize(
    ("value", "most", "least", "reached"),
    [
        (3.0, 3.0, None, True),
        (3.01, 3.0, None, False),
        (97.0, None, 97.0, True),
        (96.9, None, 97.0, False),
        (5.0, None, None, None),
        (None, 2.0, None, False),
    ],
)
def test_a_figure_is_reached_only_within_its_bound(
    value: float | None, most: float | None, least: float | None, reached: bool | None
) -> None:
    assert Figure("part", "name", value, most=most, least=least).reached is reached


def test_what_is_not_reached_stands_out_in_the_table() -> None:
    lines = table([Figure("p", "slow", 4, "s", most=1), Figure("p", "fast", 1, "s", most=1)])
    assert [("NO" in line, "yes" in line) for line in lines.splitlines()[2:]] == [
        (True, False),
        (False, True),
    ]


def test_small_sizes_are_measured_but_not_judged() -> None:
    assert "NO" not in table([Figure("p", "slow", 4, "s", most=1)], small=True)


def test_the_benchmark_runs_and_prints_its_figures_as_json() -> None:
    ran = _bench("--only", "quiet", "--quick", "--json")
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)["figures"]
    measured = {figure["figure"]: figure["value"] for figure in figures}
    assert measured["quiet run: requests"] == 1
    assert 0 < measured["quiet run: CPU"] < 60


def test_an_unknown_part_is_refused_by_name() -> None:
    ran = _bench("--only", "start,nonsense")
    assert ran.returncode == 2
    assert "nonsense" in ran.stderr


def _bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
