"""Escapes text for printing, and formats numbers, times and durations."""

from datetime import UTC, datetime, timedelta

# Characters that a terminal interprets: C0 and C1 controls, and bidirectional marks, which can make
# a name look like another one.
_DIRECTION = {0x061C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_ESCAPES = {
    code: repr(chr(code))[1:-1] if code < 0x100 else f"\\u{code:04x}"
    for code in {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *_DIRECTION}
}


def plain(text: str) -> str:
    """Returns the text as one line, with control characters escaped."""
    return text.translate(_ESCAPES).encode("utf-8", "backslashreplace").decode()


def count(number: int | None, one: str = "", many: str | None = None) -> str:
    """Formats a number, such as `1,047 entries`. The noun is optional; None is `?`."""
    figure = "?" if number is None else f"{number:,}"
    noun = one if number == 1 else (many or (one + "s" if one else ""))
    return f"{figure} {noun}".strip()


def moment(time: datetime | None) -> str:
    """Formats a time as `2026-06-01 12:00:05 UTC`; None is `never`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if time else "never"


def duration(span: timedelta) -> str:
    """Formats a duration by its two largest units: `3 d 4 h`, `26 min`, `0.8 s`."""
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
