"""One run: everything that is counted, then what follows from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cost import models, report
from bench.cost.assumptions import GIB, KIB, MIB, RELAY_CHUNK
from bench.cost.prices import REGIONS, Usage, prices, table
from bench.cost.report import Line
from bench.cost.site import site
from bench.cost.stories import Design, Told, tell
from bench.progress import doing
from tests.contracts.tables import template

WARM_UP: tuple[tuple[int, Design], ...] = ((6 * MIB, Design()), (KIB, Design(is_single=True)))
"""The first invocations read what later ones have at hand."""
BY_SIZE: Mapping[str, tuple[int, Design]] = {
    "100 KiB, one PUT (default)": (100 * KIB, Design(is_single=True)),
    "100 KiB, in one part": (100 * KIB, Design()),
    "10 MiB, one PUT (default)": (10 * MIB, Design(is_single=True)),
    "100 MiB, parts of 16 MiB (default)": (100 * MIB, Design()),
}
DEFAULT = "parts of 16 MiB (default)"
BY_DESIGN: Mapping[str, Design] = {
    DEFAULT: Design(),
    "small parts (5 MiB)": Design(part_size=5 * MIB),
    "large parts (64 MiB)": Design(part_size=64 * MIB),
    "one call for each part, 16 MiB": Design(first=0, window=1),
}
BYTES_STEPS = ("sign", "parts", "complete")
"""What a design with other ways for the bytes does not do as we do."""


@dataclass(frozen=True, slots=True)
class Run:
    mib: int = 1024

    def rows(self) -> Iterator[str]:
        lines = list[Line]()
        with tempfile.TemporaryDirectory(prefix="portway-cost-") as folder, site(Path(folder)) as here:
            doing("small and medium sizes")
            for size, design in WARM_UP:
                tell(here, size, design)
            idle = here.sweep()
            for name, (size, design) in BY_SIZE.items():
                lines.append(Line(name, size, tell(here, size, design).used))
            told = dict[str, Told]()
            for name, design in BY_DESIGN.items():
                doing(f"{self.size}, {name}")
                told[name] = tell(here, self.mib * MIB, design)
            metrics = sorted(here.metrics)
            stored = here.stored_bytes(told[DEFAULT].upload["id"])
        lines += [Line(f"{self.size}, {name}", self.mib * MIB, each.used) for name, each in told.items()]
        default = told[DEFAULT]
        lines += self._modelled(default)
        yield f"prices of {table()['written']}, {table()['terms']}"
        yield from report.designs(lines)
        yield from self._steps(default)
        yield from report.month("nobody uploads, a month", models.idle_month(template(), idle.used))
        yield f"  {len(metrics)} custom metrics more ($0.30 each) in a month with such uploads: {', '.join(metrics)}"
        yield from self._beside(stored)

    @property
    def size(self) -> str:
        return f"{self.mib // 1024} GiB" if self.mib % 1024 == 0 else f"{self.mib} MiB"

    def _modelled(self, default: Told) -> Iterator[Line]:
        """Everything else of the counted upload, with other ways for its bytes."""
        size = self.mib * MIB
        rest = sum((used for name, used in default.steps.items() if name not in BYTES_STEPS), Usage())
        whole = rest + default.steps["complete"]
        yield Line(f"{self.size}, tus through Lambda (4 MiB)", size, whole + models.through_tus(size), False)
        relayed = whole + models.relayed(size, RELAY_CHUNK)
        yield Line(f"{self.size}, plain relay through Lambda", size, relayed, False)
        yield Line(f"{self.size}, a server, without its month", size, rest + models.through_server(size), False)

    def _steps(self, default: Told) -> Iterator[str]:
        """The default design step by step."""
        here = prices(REGIONS[0])
        yield f"{self.size} in parts of 16 MiB, step by step: dollars per million, write and read units, Lambda ms"
        for name, used in default.steps.items():
            units = f"{used['dynamodb.write']:>5g} ({used['index writes']:g} of indexes)"
            dollars = here.total(used) * report.MILLION
            milliseconds = used["lambda seconds"] * 1000
            yield f"  {name:<12}{dollars:>9.2f}{units:>20}{used['dynamodb.read']:>6g}{milliseconds:>9.0f}"

    def _beside(self, record_bytes: int) -> Iterator[str]:
        here = prices(REGIONS[0])
        record = record_bytes / 1e9
        gib: dict[str, Usage] = {
            f"its records ({record_bytes:,} bytes) for a month": models.usage(
                dynamodb__gb_month=record, dynamodb__backup_gb_month=record
            ),
            "scanned by GuardDuty": models.scanned_by_guardduty(GIB),
            "scanned by clamd, without its month": models.scanned_by_clamd(GIB),
            "stored for a month, one copy": models.usage(s3__gb_month=GIB / 1e9),
            "downloaded once by the internet": models.usage(transfer__gb=GIB / 1e9, s3__get=1),
        }
        yield "beside it, dollars per million files of 1 GiB (models)"
        for name, used in gib.items():
            yield f"  {name:<43}{here.total(used) * report.MILLION:>9,.0f}"
        months = {
            "clamd on Fargate (examples/clamd)": models.clamd_month(),
            "tusd or Companion on the smallest Fargate": models.server_month(),
            "SnapStart of the API function (off)": models.snapstart_month(),
        }
        yield "a month of what is not there by default, dollars (models)"
        for name, used in months.items():
            yield f"  {name:<43}{here.total(used):>9.2f}"


def rows() -> Iterator[str]:
    return Run().rows()


def short() -> Iterator[str]:
    return Run(mib=1).rows()
