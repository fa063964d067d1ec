"""`python -m dev.s3`: the endpoint as a process of its own. Flags that cannot be had end it with 2 and a sentence."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from dev import folders
from dev.clock import Clock
from dev.s3 import roles
from dev.s3.events import put_events
from dev.s3.rules import MIN_PART
from dev.s3.scripted import Line, Script, line_of
from dev.s3.server import running
from dev.s3.service import Options, utc_now


class Flags(argparse.ArgumentParser):
    """Says in one line what is wrong, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists the flags)\n")


def whole(least: int, most: int) -> Callable[[str], int]:
    """The type of a flag that takes a whole number within these bounds."""

    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return number


def key(text: str) -> str:
    """The type of --key."""
    if not all(text.split(":", 2)[:2]) or ":" not in text:
        raise argparse.ArgumentTypeError("a key is ID:SECRET or ID:SECRET:ARN")
    return text


def url(text: str) -> str:
    """The type of --events."""
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL (http://…)")
    return text


def answer(text: str) -> tuple[str, Line]:
    """The type of --answer."""
    try:
        return line_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def flags() -> Flags:
    parser = Flags(prog="python -m dev.s3", description="A strict S3 endpoint for tests and laptops.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=whole(0, 65535), default=0, help="0 takes a free one (default)")
    parser.add_argument(
        "--data", type=Path, help="folder of objects (default: a new temporary one, removed at the end)"
    )
    parser.add_argument(
        "--key", type=key, action="append", metavar="ID:SECRET[:ARN]", help="may be repeated; default test:test"
    )
    parser.add_argument(
        "--roles", type=Path, metavar="FILE", help="roles and their policies; read again when it changes"
    )
    parser.add_argument("--session-key", default="", metavar="TEXT", help="seals the credentials that AssumeRole gives")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--ready-file", type=Path, help="gets the ready line too, once the port is open")
    parser.add_argument(
        "--events", type=url, metavar="URL", help="EventBridge endpoint that is told of new objects by PutEvents"
    )
    parser.add_argument(
        "--ahead", type=Path, metavar="FILE", help="the clock is as many seconds ahead as this file says"
    )
    parser.add_argument(
        "--min-part", type=whole(1, 5 << 30), default=MIN_PART, help="bytes of a part before the last (default: 5 MiB)"
    )
    parser.add_argument(
        "--answer",
        action="append",
        default=[],
        type=answer,
        metavar="OPERATION=STATUS:CODE",
        help="answers the next call of an operation, once; :done behind it lets it happen; may be repeated",
    )
    parser.add_argument("--repeat-complete", action="store_true", help="an identical Complete again succeeds, not 404")
    parser.add_argument("--parts-by-number", action="store_true", help="?partNumber= names uploaded numbers")
    parser.add_argument("--verbose", action="store_true")
    return parser


def script_of(args: argparse.Namespace) -> Script:
    script = Script()
    for operation, line in args.answer:
        script.tell(operation, line)
    return script


def options_of(args: argparse.Namespace, data: Path) -> Options:
    secrets, principals = {}, {}
    for pair in args.key or ["test:test"]:
        access_key, _, rest = pair.partition(":")
        secrets[access_key], _, arn = rest.partition(":")
        if arn:
            principals[access_key] = arn
    return Options(
        data=data,
        secrets=secrets,
        region=args.region,
        principals=principals,
        session_key=args.session_key,
        roles=roles.from_file(args.roles) if args.roles else lambda _: None,
        clock=Clock(args.ahead).now if args.ahead else utc_now,
        min_part=args.min_part,
        repeat_complete=args.repeat_complete,
        parts_by_number=args.parts_by_number,
        middlewares=(script_of(args),),
        announce=put_events(args.events, args.region) if args.events else None,
    )


async def live(args: argparse.Namespace, data: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(options_of(args, data), host=args.host, port=args.port) as endpoint:
        line = json.dumps({"url": endpoint.url, "port": endpoint.port, "region": args.region, "pid": os.getpid()})
        if args.ready_file:
            half_written = args.ready_file.with_suffix(".part")
            half_written.write_text(line + "\n")
            half_written.rename(args.ready_file)
        print(line, flush=True)
        await stop.wait()


def check_places(parser: Flags, args: argparse.Namespace) -> None:
    """End with a sentence if the port or a folder cannot be had."""
    if args.ready_file and not args.ready_file.parent.is_dir():
        parser.error(f"--ready-file: {args.ready_file.parent} is no folder; make it first")
    if args.data and (reason := folders.why_not(args.data)):
        parser.error(f"--data {args.data}: {reason}; name a folder that you may write to")
    try:
        socket.create_server((args.host, args.port)).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        parser.error(f"--host {args.host} --port {args.port}: {reason}; --port 0 takes any free one of this machine")


def main() -> None:
    parser = flags()
    args = parser.parse_args()
    check_places(parser, args)
    logging.basicConfig(level=logging.DEBUG if args.verbose else logging.WARNING)
    if args.data:
        asyncio.run(live(args, args.data))
    else:
        with tempfile.TemporaryDirectory(prefix="portway-s3-") as folder:
            asyncio.run(live(args, Path(folder)))


if __name__ == "__main__":
    main()
