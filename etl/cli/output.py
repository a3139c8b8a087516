"""Messages on stderr, and errors when writing to stdout."""

import contextlib
import errno
import os
import sys

from etl.cli.text import plain

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def complain(message: str, *more: str) -> None:
    """Prints one line to stderr, and more lines if there are."""
    for line in (f"etl: {message}", *more):
        print(plain(line), file=sys.stderr)


def is_output_lost(error: BaseException) -> bool:
    """Whether an error means that stdout is closed or that its disk is full."""
    return isinstance(error, BrokenPipeError) or (
        isinstance(error, OSError) and error.filename is None and error.errno in _NO_ROOM
    )


def output_lost(error: BaseException) -> int:
    """The exit code of a command that succeeded but could not write all of its output.

    0 if the reader closed the pipe, 6 if the disk is full.
    """
    # The interpreter flushes stdout on exit, which would fail again.
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    complain(f"cannot write to stdout: {getattr(error, 'strerror', error)}")
    return 6
