"""`python -m bench.cost`: what an upload costs. --mib 64 for a quick look."""

from __future__ import annotations

import argparse
import sys

from bench.cost.prices import price_rows
from bench.cost.run import Run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="size of the file that is sent by every design")
    parser.add_argument("--prices", action="store_true", help="only the price table, as docs/cost.md has it")
    asked = parser.parse_args()
    for line in price_rows() if asked.prices else Run(asked.mib).rows():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
