"""`python -m dev.deploying --env dev [--dry-run] [--yes]` (make deploy): looks, asks, builds, deploys, tries it out.

Exit code: 0 deployed (or a dry run), 1 something is in the way or failed, 2 there is no such environment.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dev import stacks
from dev.config import ROOT
from dev.deploying import page, running
from dev.deploying.asking import Ask, answered
from dev.deploying.environments import Environment, difference, read, rewritten
from dev.deploying.looking import Level, Place, lines
from dev.deploying.page import NoPage
from dev.deploying.questions import is_on, missing
from dev.deploying.running import Failed, Run
from dev.release import BUILD, release
from dev.stacks import SAMCONFIG, NoStack
from dev.transform import transformed
from portway_client.http import HttpTransport
from portway_client.transport import Transport

TEMPLATE = ROOT / "template.yaml"
PAGE = ROOT / "web/dist"
RELEASE = functools.partial(release, BUILD)
TOKENS = ("PORTWAY_TOKEN", "TOKEN", "SMOKE_CLIENT_ID")


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything outside. `ask` is None where nobody is there to answer. With `is_dry` nothing is run or written."""

    session: Any
    transport: Transport
    parameters: Mapping[str, Mapping[str, Any]]
    run: Run
    ask: Ask | None
    variables: Mapping[str, str]
    is_dry: bool = False
    is_sure: bool = False
    config: Path = SAMCONFIG
    page: Path = PAGE
    release: Callable[[Iterable[str]], str] = RELEASE

    def deploy(self, name: str) -> int:
        """The whole way. Raises NoStack, NoPage, Failed."""
        environment = self._settled(read(name, self.config))
        if environment.confirms and self.ask is None and not (self.is_sure or self.is_dry):
            raise Failed(f"{name} asks before it carries out a change set, and nobody is there. YES=1 carries it out.")
        place = self._place(environment)
        print(f"{name}: {place.environment.stack}", flush=True)
        found = []
        for line in lines(place):
            print(line, flush=True)
            found.append(line)
        ill = [line for line in found if line.level is Level.FAIL]
        if ill and not self.is_dry:
            print(f"Nothing was deployed: {len(ill)} in the way.", file=sys.stderr)
            return 1
        self._deploy(place)
        self._page(place)
        self._smoke(place)
        if ill:
            print(f"This was a dry run, and {len(ill)} would be in the way: {', '.join(line.check for line in ill)}.")
        return 0

    def _place(self, environment: Environment) -> Place:
        return Place(self.session, environment, self.parameters, self.transport)

    def _settled(self, environment: Environment) -> Environment:
        """What is missing, asked and written down."""
        if self.ask is None or self.is_dry or not list(missing(environment, self.parameters)):
            return environment
        print(f"[{environment.name}] of {self.config.name} is not filled in yet.")
        found = answered(environment, self.parameters, self.ask, print, self.session.region_name)
        before = self.config.read_text("utf-8")
        after = rewritten(before, found.name, found.overrides, found.page, found.region)
        print(difference(before, after), end="")
        if self.ask("Write this? [Y/n] ").strip().lower() in ("", "y", "yes"):
            self.config.write_text(after, "utf-8")
        return read(found.name, self.config)

    def _deploy(self, place: Place) -> None:
        self._do(running.build(place.chosen), "It was not built.")
        lines = [f"{name}={value}" for name, value in place.environment.overrides.items()]
        named = {"Release": "DIGEST" if self.is_dry else self.release(lines)}
        command = running.deploy(place.environment, named, place.region, asks=not self.is_sure)
        self._do(command, "What was deployed before goes on. The events above name the cause (docs/deploying.md).")
        if not self.is_dry and (found := place.stack()):
            for key, value in sorted(found.outputs.items()):
                print(f"  {key:<28} {value}")

    def _page(self, place: Place) -> None:
        if not is_on(place.chosen.get("PageCdn")):
            return
        self._do(["make", "web"], "The page was not built; the API is deployed.")
        if self.is_dry:
            print(f"  then {self.page.relative_to(ROOT)} to PageBucketName")
            return
        found = place.stack()
        assert found
        wanted = page.items(self.page, page.config(place.environment, found))
        print(page.published(place.client("s3"), found, wanted))
        if words := page.to_allow(found):
            print(words)

    def _smoke(self, place: Place) -> None:
        command = ["make", "smoke", f"STACK={place.environment.stack}"]
        if not any(self.variables.get(name) for name in TOKENS):
            words = "Try it out, with a token in PORTWAY_TOKEN (docs/deploying.md):"
            print(words, running.shown(command, self._region(place)))
            return
        self._do(command, "It is deployed, and not well.", self._region(place))

    @staticmethod
    def _region(place: Place) -> dict[str, str]:
        return {"AWS_REGION": place.region} if place.region else {}

    def _do(self, command: Sequence[str], otherwise: str, variables: Mapping[str, str] | None = None) -> None:
        """Shows a command and runs it, unless this is a dry run. Raises Failed."""
        print(f"$ {running.shown(command, variables or {})}", flush=True)
        if not self.is_dry and (code := self.run(command, variables or {})):
            raise Failed(f"{command[0]} {command[1]} ended with {code}. {otherwise}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m dev.deploying", description="Deploy an environment.")
    made.add_argument("--env", default="dev", help="an environment of samconfig.toml (default: dev)")
    made.add_argument("--dry-run", action="store_true", help="look, and show what would be run")
    made.add_argument("--yes", action="store_true", help="do not ask whether the change set is to be carried out")
    return made


def main(
    arguments: Sequence[str],
    session: Callable[[], Any] = stacks.session,
    run: Run = running.really,
    ask: Ask | None = None,
) -> int:
    chosen = parser().parse_args(arguments)
    ask = ask or (input if sys.stdin.isatty() else None)
    with contextlib.closing(HttpTransport()) as transport:
        parameters = transformed(TEMPLATE)["Parameters"]
        guide = Guide(session(), transport, parameters, run, ask, os.environ, chosen.dry_run, chosen.yes)
        try:
            return guide.deploy(chosen.env)
        except NoStack as error:
            print(error, file=sys.stderr)
            return 2
        except (Failed, NoPage, BotoCoreError, ClientError, EOFError) as error:
            print(error, file=sys.stderr)
            return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
