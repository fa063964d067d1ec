"""All use cases of the functions in one object, as no function has them."""

from __future__ import annotations

from dataclasses import dataclass

from portway.bootstrap.making import Making
from portway.bootstrap.requests import Requests
from portway.bootstrap.work import Work


@dataclass(frozen=True)
class Portway(Requests, Work, Making):
    """What the API asks, what queues and the schedule start, and what is made of published files, on one ground."""
