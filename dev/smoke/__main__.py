"""`python -m dev.smoke [--env dev | --stack NAME | --stack local | --api URL]` (make smoke): a table, and an exit code.

TOKEN or PORTWAY_TOKEN holds a token, or SMOKE_CLIENT_ID and SMOKE_CLIENT_SECRET a client that gets one. With --api,
ORIGIN is an origin whose pages may send files. CATEGORY and REJECTING name categories of a policy of your own.
Exit code: 0 all is well, 1 something is not, 2 there is nothing to look at, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dev import stacks
from dev.config import Config
from dev.deploying.environments import read
from dev.issuer import NoIssuer
from dev.smoke.report import Mark, rows, summary
from dev.smoke.site import Site, local, of_address, of_stack, token
from dev.smoke.visit import Visit
from dev.stacks import NoStack
from portway_client.http import HttpTransport
from portway_client.transport import Transport

LOCAL = "local"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m dev.smoke", description="Does a stack do what it is for?")
    made.add_argument("--env", default="dev", help="an environment of samconfig.toml (default: dev)")
    made.add_argument("--stack", default="", help="the name of a stack instead, or `local` for the one of make dev")
    made.add_argument("--api", default="", help="the address of an API instead, without /v1")
    made.add_argument("--region", default=None, help="the region, if neither samconfig.toml nor AWS_REGION says it")
    return made


def site_of(chosen: argparse.Namespace, environment: Mapping[str, str], session: Callable[..., Any]) -> Site:
    """Raises NoStack."""
    if chosen.api:
        return of_address(chosen.api, environment)
    if chosen.stack == LOCAL:
        return local(Config.read(environment).state)
    known = None if chosen.stack else read(chosen.env)
    name, region = (known.stack, known.region) if known else (chosen.stack, None)
    return of_stack(session(region_name=chosen.region or region).client("cloudformation"), name)


def visited(visit: Visit) -> int:
    found = []
    for row in rows(visit):
        print(row, flush=True)
        found.append(row)
    print(summary(visit.site.name, found))
    return int(any(row.mark is Mark.FAIL for row in found))


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    session: Callable[..., Any] = stacks.session,
    transport: Callable[[], Transport] = HttpTransport,
) -> int:
    chosen = parser().parse_args(arguments)
    with contextlib.closing(transport()) as network:
        try:
            site = site_of(chosen, environment, session)
            visit = Visit(site, token(site, environment, network), network)
        except (NoStack, NoIssuer, BotoCoreError, ClientError) as error:
            print(stacks.words(error), file=sys.stderr)
            return 2
        visit.category = environment.get("CATEGORY") or None
        visit.rejecting = environment.get("REJECTING") or visit.rejecting
        print(f"{site.name}: {site.api}", flush=True)
        return visited(visit)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was made is removed, as after Ctrl-C
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped; what was made is removed", file=sys.stderr)
        sys.exit(130)
