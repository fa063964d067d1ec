"""A network that ends at the worst moment, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from portway_client.transport import Halt, Opened, Request, Response, Transport

SECONDS = 60.0


class Halting:
    """Another transport, which counts the puts that S3 took. Before the one after `most` of them it does what `then`
    names, once; that is waited for, since the first put may come before anybody could name it."""

    def __init__(self, inner: Transport, most: int | None = None) -> None:
        self._inner, self._most = inner, most
        self._named = threading.Event()
        self._action: Callable[[], object] = bool
        self.puts, self.has_halted = 0, False

    def then(self, action: Callable[[], object]) -> None:
        self._action = action
        self._named.set()

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        """See `Transport`."""
        is_put = request.method == "PUT"
        if is_put and self.puts == self._most and not self.has_halted:
            self._named.wait(SECONDS)
            self.has_halted = True
            self._action()
        answer = self._inner.send(request, halt)
        self.puts += is_put and answer.status == 200
        return answer

    def open(self, request: Request, halt: Halt | None = None) -> AbstractContextManager[Opened]:
        """See `Transport`."""
        return self._inner.open(request, halt)

    def close(self) -> None:
        """See `Transport`."""
        self._inner.close()
