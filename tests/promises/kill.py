"""The end of a process at a point of our choice: SIGKILL, so that nothing is tidied up."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from etl import warehouse

_WAREHOUSE = os.path.dirname(warehouse.__file__)


def killed(run: Callable[[], object], *, step: int | None = None) -> bool:
    """Does `run` in a process of its own; True where it was killed before it came to its end.

    With `step`, it is killed as the warehouse's code calls or returns for the so manyth time, so
    between any two statements; else `run` is to call `die` itself. Whatever else `run` does to this
    process's memory is lost with the other one.
    """
    process = os.fork()
    if process == 0:
        try:
            if step is not None:
                _die_at(step)
            run()
        except BaseException:
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the run failed before it could be killed"
    return False


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at(step: int) -> None:
    lock, count = threading.Lock(), 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        if event in ("call", "return") and frame.f_code.co_filename.startswith(_WAREHOUSE):
            with lock:
                count += 1
                if count == step:
                    die()

    threading.setprofile(profile)
    sys.setprofile(profile)
