"""Formatting for the terminal: untrusted text, counts, times and durations."""

from datetime import UTC, datetime, timedelta

# Characters that a terminal can interpret as commands (C0 and C1 controls), and the bidirectional
# marks, which can make one name look like another.
_DIRECTION = {0x061C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_ESCAPES = {
    code: repr(chr(code))[1:-1] if code < 0x100 else f"\\u{code:04x}"
    for code in {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *_DIRECTION}
}


def plain(text: str) -> str:
    """Return the text on one line, with control characters and bidirectional marks escaped."""
    return text.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode()


def count(number: int | None, one: str = "", many: str | None = None) -> str:
    """Format a count: `1,047 entries`. The noun is optional; None becomes `?`."""
    figure = "?" if number is None else f"{number:,}"
    noun = one if number == 1 else (many or (one + "s" if one else ""))
    return f"{figure} {noun}".strip()


def moment(time: datetime | None) -> str:
    """Format a time to the second: `2026-06-01 12:00:05 UTC`. None becomes `never`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if time else "never"


def duration(span: timedelta) -> str:
    """Format a duration by its two largest units: `3 d 4 h`, `26 min`, `0.8 s`."""
    seconds = span.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    units = (("d", 86_400), ("h", 3_600), ("min", 60))
    parts: list[str] = []
    rest = int(seconds)
    for name, size in units:
        value, rest = divmod(rest, size)
        if value or parts:
            parts.append(f"{value} {name}" if value else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)
