"""All benchmarks with their bars: `make bench`. Each writes its block of docs/benchmarks.md when it is through.

Exit code 1 when a bar was missed or a bench broke; try again on a quiet machine. One that breaks, is interrupted or
cannot run here leaves its block as it was.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from bench import book
from bench.bars import LeftOut, bar_of
from bench.machine import Company, stamp


@dataclass(frozen=True, slots=True)
class Bench:
    """A module with `rows()`, which takes it as the bars are meant, and `short()`, its smallest size, to see that it
    still runs. `compared` are the packages whose versions belong to the figures (bench/machine.py)."""

    module: str
    compared: tuple[str, ...] = ()

    def rows(self, is_short: bool = False) -> Iterable[str]:
        module = import_module(f"bench.{self.module}")
        printed: Iterable[str] = module.short() if is_short else module.rows()
        return printed


CLIENTS = ("peer:boto3", "peer:awscli", "peer:httpx", "peer:aiohttp", "peer:requests", "peer:tuspy", "npm:@tus/server")
BENCHES = {
    "presign": Bench("presign", ("botocore",)),
    "sign_handler": Bench("sign_handler", ("aws-lambda-powertools", "pydantic")),
    "cold_start": Bench("cold_start", ("boto3", "aws-lambda-powertools", "pydantic")),
    "warm_routes": Bench("warm_routes", ("botocore", "aws-lambda-powertools", "pydantic")),
    "s3_endpoint": Bench("s3_endpoint", ("moto",)),
    "inspect": Bench("inspecting", ("pillow",)),
    "state_cost": Bench("state_cost"),
    "signing_server": Bench("signing_server", ("botocore", "npm:@uppy/companion")),
    "session_memory": Bench("session_memory", ("npm:@uppy/companion", "npm:@tus/server", "npm:@tus/s3-store")),
    "proxied": Bench("proxied", ("npm:@tus/server", "npm:@tus/s3-store")),
    "end_to_end": Bench("end_to_end", ("boto3",)),
    "chunks": Bench("chunks"),
    "sessions": Bench("sessions"),
    "parallel": Bench("parallel"),
    "clients": Bench("clients", CLIENTS),
    "small_files": Bench("small_files", ("peer:awscli",)),
    "browser": Bench("browser", ("npm:@uppy/aws-s3",)),
    "cost": Bench("cost.run"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    names: list[str]
    is_short: bool
    is_kept: bool

    @classmethod
    def read(cls, arguments: list[str]) -> Asked:
        parser = argparse.ArgumentParser(
            prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("only", nargs="*", metavar="bench", help=f"one or more of: {', '.join(BENCHES)}")
        parser.add_argument("--short", action="store_true", help="each in its smallest size, printed only")
        parser.add_argument("--print-only", action="store_true", help="docs/benchmarks.md stays as it is")
        asked = parser.parse_args(arguments)
        if unknown := set(asked.only) - BENCHES.keys():
            parser.error(f"no such bench: {', '.join(sorted(unknown))}")
        return cls(asked.only or list(BENCHES), asked.short, not (asked.short or asked.print_only))


def taken(name: str, is_short: bool, is_kept: bool) -> bool:
    """Run one bench, print its rows as they come, keep them; whether it ran and met its bars."""
    bench, rows, company = BENCHES[name], list[str](), Company()
    try:
        for row in bench.rows(is_short):
            print(row, flush=True)
            rows.append(row)
    except LeftOut as reason:
        print(f"{name} is left out: {reason}", flush=True)
        return True
    except Exception:
        traceback.print_exc()
        return False
    measured = f"{stamp(bench.compared)} · {company}"
    print(measured, flush=True)
    if is_kept:
        book.keep(name, rows, measured)
    return all(bar.is_met for bar in map(bar_of, rows) if bar)


def main(arguments: list[str]) -> int:
    asked = Asked.read(arguments)
    is_good = True
    for number, name in enumerate(asked.names, 1):
        print(f"\n[{number}/{len(asked.names)}] {name}", flush=True)
        try:
            is_good &= taken(name, asked.is_short, asked.is_kept)
        except KeyboardInterrupt:
            print(f"\ninterrupted: {name} and what comes after it stay as they were in the book", flush=True)
            return 130
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
