"""Drives an upload with threads: those that send, and one that has parts signed ahead. Their plain code runs one at a
time, under a baton; what takes time (network, file) runs without it."""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol, TypeVar

from portway_client.control import Control
from portway_client.steps import Step, Steps, Together, Until
from portway_client.work import Hands

T = TypeVar("T")


class Clock(Protocol):
    """Time, so that tests need none. Seconds, from any beginning."""

    def now(self) -> float: ...

    def wait(self, baton: threading.Condition, seconds: float | None) -> None:
        """Until somebody notifies, at most for so long; the baton is held before and after."""
        ...


class Monotonic:
    now = staticmethod(time.monotonic)

    def wait(self, baton: threading.Condition, seconds: float | None) -> None:
        baton.wait(seconds)


class Scope:
    """Generators that end together. `error` is the first that one of them ended with."""

    def __init__(self) -> None:
        self.error: BaseException | None = None


class _Over(Exception):
    """Somebody else of the same scope failed."""


class Threads:
    """`baton` is one for all uploads of a client: they share a pace."""

    def __init__(self, hands: Hands, control: Control, baton: threading.Condition, clock: Clock) -> None:
        self._hands, self._control, self._baton, self._clock = hands, control, baton, clock
        control.wake = self._wake

    def run(self, steps: Steps[T], scope: Scope | None = None) -> T:
        """To the end of these steps. Raises what they raise, and _Over when the scope ended before them."""
        value: Any = None
        error: BaseException | None = None
        while True:
            with self._baton:
                try:
                    if scope and scope.error:
                        steps.close()
                        raise _Over
                    step = steps.throw(error) if error else steps.send(value)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                finally:
                    self._baton.notify_all()
            self._control.watch()
            try:
                value, error = self._do(step, scope), None
            except BaseException as raised:
                value, error = None, raised

    def _do(self, step: Step, scope: Scope | None) -> Any:
        match step:
            case Until():
                return self._until(step, scope or Scope())
            case Together():
                return self._together(step)
        return self._hands.do(step)

    def _until(self, step: Until, scope: Scope) -> bool:
        with self._baton:
            end = None if step.seconds is None else self._clock.now() + step.seconds
            while not step.condition():
                left = None if end is None else end - self._clock.now()
                if scope.error or (left is not None and left <= 0):
                    return False
                self._clock.wait(self._baton, left)
            return True

    def _together(self, step: Together) -> None:
        scope = Scope()
        threads = [threading.Thread(target=self._one, args=(each, scope), daemon=True) for each in step.parts]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException as error:  # Ctrl-C comes to the thread that waits
            self._ends(scope, error)
        for thread in threads:
            thread.join()
        if scope.error:
            if not (self._control.is_paused or self._control.is_stopped):
                self._control.halt.clear()
            raise scope.error

    def _one(self, steps: Steps[None], scope: Scope) -> None:
        try:
            self.run(steps, scope)
        except _Over:
            return
        except BaseException as error:
            self._ends(scope, error)

    def _ends(self, scope: Scope, error: BaseException) -> None:
        """The others stop where they are: requests are cut off, waits end."""
        with self._baton:
            scope.error = scope.error or error
            self._baton.notify_all()
        self._control.halt.set()

    def _wake(self) -> None:
        with self._baton:
            self._baton.notify_all()
