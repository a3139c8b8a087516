"""What a command says on stderr, and what becomes of it where nobody can hear."""

import contextlib
import errno
import os
import sys

from etl.cli.text import plain

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def complain(message: str) -> None:
    """One line on stderr, by this program."""
    print(f"etl: {plain(message)}", file=sys.stderr)


def is_output_lost(error: BaseException) -> bool:
    """Whether an error tells that standard output takes no more."""
    return isinstance(error, BrokenPipeError) or (
        isinstance(error, OSError) and error.filename is None and error.errno in _NO_ROOM
    )


def output_lost(error: BaseException) -> int:
    """The exit code of a command that ended well, where standard output took no more of it: 0 where
    whoever read it has had enough, 6 where it could not be written."""
    # What is still held back for it would fail once more when the program ends.
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    complain(f"standard output cannot be written: {getattr(error, 'strerror', error)}")
    return 6
