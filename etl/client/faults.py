"""Why an attempt failed without the API having said no; never seen outside the client."""


class Fault(Exception):  # noqa: N818 - no error yet: that is what it becomes when all fails
    """Another attempt may succeed.

    `reason` goes on from "GET /v1/… ", and `hint` says what to look at; either is one line.
    """

    def __init__(self, reason: str, hint: str = "", request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.request_id = request_id


class NotAnEnvelope(Fault):
    """Status 200, but not the documented envelope with the page that was asked for."""


class Throttled(Fault):
    """A 429: no failure but flow control. `pause` is how long the gate holds everybody, in s."""

    def __init__(self, reason: str, request_id: str | None, pause: float) -> None:
        super().__init__(reason, request_id=request_id)
        self.pause = pause


class Hopeless(Fault):
    """No other attempt would do better, at least not soon."""
