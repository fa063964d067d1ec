"""What a client does, step by step: one upload by a design, and what each step of it used."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.cost import assumptions as assumed
from bench.cost.prices import Usage
from bench.cost.site import Site, Step
from dev.s3 import checksums
from portway_client.flow import FIRST_WINDOW

SETTLED_SECONDS = 3 * 3600
"""By then the sweeper has removed what was sent; only the published copy stays (policy.yaml, keep_incoming_hours)."""


@dataclass(frozen=True, slots=True)
class Design:
    """How a file is sent. `part_size` None is the server's choice. Create signs the `first` parts, each further call
    `window` of them: as the Python client does it on a fast link."""

    part_size: int | None = None
    first: int = FIRST_WINDOW
    window: int = 1000
    is_single: bool = False


@dataclass(slots=True)
class Told:
    """A finished story: steps in their order, those of one name added up."""

    upload: Mapping[str, Any]
    steps: dict[str, Usage] = field(default_factory=dict)

    def add(self, name: str, step: Step, times: int = 1) -> None:
        self.steps[name] = self.steps.get(name, Usage()) + step.used.times(times)

    @property
    def used(self) -> Usage:
        return sum(self.steps.values(), Usage())


def body_of(first: int, length: int) -> bytes:
    """A part of a file that is no format anybody knows: bytes that differ, but cost nothing to make."""
    return (first.to_bytes(8) + b"\xa5" * 56) * (length // 64) + b"\xa5" * (length % 64)


def declaration(size: int, design: Design) -> Mapping[str, Any]:
    declared: dict[str, Any] = {"name": "measurements.bin", "size": size, "content_type": "application/octet-stream"}
    if design.is_single:
        checksum = checksums.b64(checksums.digest("crc64nvme", body_of(0, size)))
        return {**declared, "strategy": "single", "checksum": checksum}
    return {**declared, "part_size": design.part_size, "strategy": "multipart", "window": design.first}


def create(site: Site, size: int, design: Design, key: str = "", **more: Any) -> tuple[Step, Any]:
    """With an Idempotency-Key of one's own, if that is to be the same upload again; `more` is declared besides."""
    asked = {**declaration(size, design), **more}
    headers = {"idempotency-key": key or str(uuid.uuid4()), "content-type": "application/json"}
    return site.ask("create", "", asked, headers=headers)


def signed(site: Site, told: Told, design: Design) -> Iterator[Mapping[str, Any]]:
    """The parts of an upload, signed window by window; the first window came with create."""
    upload = told.upload
    first = upload["signed"]["parts"] if upload["signed"] else []
    yield from first
    numbers = list(range(len(first) + 1, upload["part_count"] + 1))
    for start in range(0, len(numbers), design.window):
        step, window = site.ask("sign", upload["id"], {"numbers": numbers[start : start + design.window]})
        told.add("sign", step)
        yield from window["parts"]


def tell(site: Site, size: int, design: Design) -> Told:
    """One upload from create to the end of what was sent for it; the file is published."""
    nothing = site.sweep()
    step, upload = create(site, size, design)
    told = Told(upload)
    told.add("create", step)
    for part in signed(site, told, design):
        first = (part["number"] - 1) * upload["part_size"]
        told.add("parts", site.put(part, body_of(first, part["length"])))
    if not design.is_single:
        told.add("complete", site.ask("complete", upload["id"], {"size": size})[0])
    told.add("process", site.process(upload["id"]))
    told.add("results", site.derive(upload["id"]))
    step, view = site.ask("status", upload["id"])
    assert view["status"] == "completed", view
    told.add("status", step, assumed.POLLS)
    site.later(SETTLED_SECONDS)
    step = site.sweep()
    site.later(0)
    told.add("clean up", Step(step.used - nothing.used, step.calls))
    return told
