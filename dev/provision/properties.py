"""Properties that notice when one of them was not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class NotLocal(Exception):
    """The template asks for something that the local stack does not do. The message names the place in the template."""


class Refused(NotLocal):
    """The template itself refuses a value that was chosen for it, in AWS as well. The message gives its reason."""


class Properties:
    """The resolved properties of a resource, or of something inside one; each has to be taken or passed over."""

    def __init__(self, where: str, values: Any) -> None:
        if not isinstance(values, Mapping):
            raise NotLocal(f"{where}: an object is expected here, not {values!r}")
        self.where = where
        self._left = dict(values)
        self._inside: list[Properties] = []

    def take(self, name: str, default: Any = None) -> Any:
        """The whole value of one property; `default` if the template does not set it."""
        return self._left.pop(name, default)

    def need(self, name: str) -> Any:
        """Like take, but the template has to set it."""
        if name not in self._left:
            raise NotLocal(f"{self.where}: {name} is missing")
        return self._left.pop(name)

    def inside(self, name: str) -> Properties:
        """The properties within one property (empty if the template does not set it); they are followed up as well."""
        inner = Properties(f"{self.where}.{name}", self._left.pop(name, {}))
        self._inside.append(inner)
        return inner

    def pass_over(self, *names: str) -> None:
        """These have no meaning on a laptop. Call it next to a comment that says why."""
        for name in names:
            self._left.pop(name, None)

    def close(self) -> None:
        """NotLocal if something was never looked at."""
        for inner in self._inside:
            inner.close()
        if self._left:
            names = ", ".join(sorted(self._left))
            raise NotLocal(f"{self.where}: the local stack does not look at {names}; teach dev/provision what it means")
