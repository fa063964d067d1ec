"""All benchmarks with their bars: `make bench`. Exit code 1 when a bar was missed; try again on a quiet machine."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from bench import browser, clients, inspecting, presign, s3_endpoint, sign_handler, small_files
from bench.cost.run import Run as Cost

BENCHES: dict[str, Callable[[], Iterable[str]]] = {
    "presign": presign.rows,
    "sign_handler": sign_handler.rows,
    "s3_endpoint": s3_endpoint.run,
    "inspect": inspecting.rows,
    "clients": clients.rows,
    "small_files": small_files.rows,
    "browser": browser.rows,
    "cost": Cost().rows,
}


def machine() -> str:
    """Where and when, to stand beside the figures."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d} · {platform.system()} {platform.machine()} · Python {platform.python_version()}"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="bench", help=f"one or more of: {', '.join(BENCHES)}")
    wanted = parser.parse_args(arguments).only or list(BENCHES)
    if unknown := set(wanted) - BENCHES.keys():
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    print(machine())
    missed = False
    for name in wanted:
        for row in BENCHES[name]():
            print(row, flush=True)
            missed = missed or "MISSED" in row
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
