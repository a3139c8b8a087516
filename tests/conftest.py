"""What holds for every test."""

import logging
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# In CI the same examples each time, so that red is the change's; elsewhere always others. The
# machine is shared: how long an example takes says nothing.
settings.register_profile(
    "here",
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("here")


WHOLE = ("tests/packaging/test_install.py", "tests/packaging/test_readme.py")
"""Modules that make something once, for a long time, and use it in many tests."""


class _OneByOne(LoadScopeScheduling):
    """Whoever is free takes the next test; those of a module in `WHOLE` go together, and first.

    By path, since a group's name (`--dist loadgroup`) no longer gets into the ids of tests as of
    pytest 9.2: each worker then made everything anew.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path in WHOLE else nodeid

    def remove_node(self, node: WorkerController) -> str | None:
        """The test at which a worker died, which has failed; what it had left others take.

        xdist gives that test to the next worker, too, and waits for ever for one that has died.
        """
        units = self.assigned_work.pop(node)
        left = [(scope, test) for scope, unit in units.items() for test in unit if not unit[test]]
        if not left:
            return None
        scope, died_at = left[0]
        units[scope][died_at] = True
        self.workqueue.update({scope: units[scope] for scope, _ in left[1:]})
        for other in self.nodes:
            self._reschedule(other)
        return died_at

    def _reschedule(self, node: WorkerController) -> None:
        """Work is for who knows all tests: one that takes the place of another does not at once."""
        if node in self.registered_collections:
            super()._reschedule(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _OneByOne(config, log)


@pytest.fixture(autouse=True)
def _logs_as_at_the_start() -> None:
    """What a command, or a fixture that lives longer, has set up for its log lines is undone."""
    log = logging.getLogger("etl")
    log.handlers[:], log.propagate = [], True
    log.setLevel(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how much the state machine has done, for that is what its being green is worth."""
    done: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            done.update(dict(report.user_properties).get("promises", {}))
    if done:
        said = ", ".join(f"{number:,} {what}" for what, number in done.items())
        terminalreporter.write_line(f"the state machine: {said}")
