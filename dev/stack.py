"""The whole local stack: the S3 endpoint, moto and the front as processes, the template's resources between them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from dev import folders, moto, reload, resources
from dev.children import Child, StackFailed, how
from dev.config import BadChoice, Config
from dev.identity import Identity
from dev.keeper import Keeper, lost
from dev.policy_documents import Invalid
from dev.private import write_private
from dev.provision.properties import NotLocal, Refused
from dev.records import Damaged
from dev.resources import Addresses, Created
from dev.transform import TransformFailed

HOST = "127.0.0.1"


class Stack:
    """One running stack. `start` and `stop` once each; `stop` also tidies up after a start that failed or was cut."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._open = contextlib.ExitStack()
        self._children: dict[str, Child] = {}
        self._keeper: Keeper | None = None
        self._front: tuple[str, ...] = ()
        self._listener: socket.socket | None = None
        self._restarting = asyncio.Lock()
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def _said(self) -> Path:
        return self._config.state / "dev.json"

    async def start(self) -> dict[str, Any]:
        """Bring everything up and return what dev.json says. BadChoice or StackFailed tell what is in the way."""
        self._folder("PORTWAY_STATE", self._config.state)
        self._refuse_company()
        self._config.ahead.unlink(missing_ok=True)  # a new stack begins in the present
        data = self._data()
        api = self._listen("PORTWAY_PORT", self._config.port)
        self._listener = self._listen("the front", 0) if self._config.faults else api
        moto_listener = self._listen("moto", 0)
        if self._config.s3_port:
            self._listen("PORTWAY_S3_PORT", self._config.s3_port).close()
        moto_url = _url(moto_listener)
        identity = await asyncio.to_thread(_keys, data / "keys.json")
        ready = await asyncio.gather(
            self._start_s3(data, identity, self._config.events_via or moto_url),
            self._start("moto", "dev.moto", "--fd", str(moto_listener.fileno()), fds=(moto_listener.fileno(),)),
        )
        moto_listener.close()  # moto has its own; calls to a dead moto fail at once instead of waiting in ours
        addresses = Addresses(api=_url(api), s3=await self._public_s3(ready[0]["url"], api), moto=moto_url)
        made = await asyncio.to_thread(self._create, identity, addresses, data)
        front = made.front
        settings = self._config.state / f"front-{os.getpid()}.json"
        self._open.callback(settings.unlink, missing_ok=True)
        front.save(settings)
        if self._config.data:
            self._keeper = Keeper(self._config.data, made.dump, made.changes)
        self._front = ("dev.front", "--settings", str(settings), "--fd", str(self._listener.fileno()))
        await self._build()
        await self._start("front", *self._front, fds=(self._listener.fileno(),))
        self._say(front.site)
        return front.site

    def _create(self, identity: Identity, addresses: Addresses, data: Path) -> Created:
        """The template's resources and the kept records; what is in the way told in our words."""
        try:
            return resources.create(self._config, identity, addresses, data)
        except Refused as error:
            raise BadChoice(f"PORTWAY_ORIGINS is {','.join(self._config.origins)!r}, and {error}") from error
        except Damaged as error:
            raise BadChoice(f"PORTWAY_DATA: {error}") from error
        except (NotLocal, TransformFailed, Invalid) as error:
            raise StackFailed(str(error)) from error

    def _refuse_company(self) -> None:
        """BadChoice when a running stack has told of itself in this state folder."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            pid = int(json.loads(self._said.read_text("utf-8"))["pid"])
            os.kill(pid, 0)
            if pid != os.getpid():
                where = f"{self._said} (process {pid})"
                raise BadChoice(f"another stack is running: {where}. Stop it, or name another folder in PORTWAY_STATE")

    async def restart_front(self) -> None:
        """Front and functions anew, with the code as it is now. Requests that come meanwhile wait in the socket.

        StackFailed when they do not start; everything else stays, and the next restart may do better. If they cannot
        even be built, the old ones stay, too.
        """
        assert self._listener is not None
        async with self._restarting:
            await self._build()
            if front := self._children.pop("front", None):
                await front.stop()
            await self._start("front", *self._front, fds=(self._listener.fileno(),))

    async def _build(self) -> None:
        if self._config.compute == "lambda":
            await reload.build()

    async def stop(self) -> None:
        """End every process, keep the records if they are to be kept, remove what is temporary."""
        if front := self._children.pop("front", None):
            await front.stop()
        try:
            if self._keeper:
                await self._keeper.end()
        except (BotoCoreError, ClientError, OSError) as error:
            print(f"the last records of this run are lost: {error}", file=sys.stderr)
        finally:
            children, self._children = self._children, {}
            await asyncio.gather(*(child.stop() for child in children.values()))
            self._open.close()

    def _data(self) -> Path:
        """The folder for everything that lives longer than a process; one stack at a time may use it."""
        if self._config.data is None:
            data = Path(tempfile.mkdtemp(prefix="portway-"))
            self._open.callback(shutil.rmtree, data, ignore_errors=True)
            return data
        self._folder("PORTWAY_DATA", self._config.data)
        lock: IO[str] = self._open.enter_context((self._config.data / ".lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            inuse = f"PORTWAY_DATA: another stack is using {self._config.data}"
            raise BadChoice(f"{inuse}. Stop it, or name another folder") from None
        if words := lost(self._config.data):
            print(words, file=sys.stderr, flush=True)
        return self._config.data

    @staticmethod
    def _folder(name: str, folder: Path) -> None:
        """Make sure that it exists and takes files. BadChoice if it does not."""
        if reason := folders.why_not(folder):
            raise BadChoice(f"{name} is {str(folder)!r}: {reason}. Name a folder that you may write to")

    def _listen(self, name: str, port: int) -> socket.socket:
        try:
            return self._open.enter_context(moto.listening(HOST, port))
        except OSError as error:
            wanted = f"port {port} cannot be used: {error.strerror}"
            raise BadChoice(f"{wanted}. Set {name} to another one, 0 takes any that is free") from None

    async def _start(self, name: str, module: str, *arguments: str, fds: tuple[int, ...] = ()) -> dict[str, Any]:
        log = self._config.state / f"{name}.log"
        child = self._children[name] = await Child.start(name, module, *arguments, log=log, fds=fds)
        told = await child.ready()
        asyncio.ensure_future(child.ended()).add_done_callback(lambda ended: self._lost(child, ended.result()))
        return told

    async def _start_s3(self, data: Path, identity: Identity, events: str) -> dict[str, Any]:
        port = "0" if self._config.faults else str(self._config.s3_port)
        place = ("--host", HOST, "--port", port, "--data", str(data / "objects"))
        key = f"{identity.access_key}:{identity.secret_key}"
        roles = ("--roles", str(data / resources.ROLES), "--session-key", identity.session_key)
        told = ("--region", self._config.region, "--events", events, "--ahead", str(self._config.ahead))
        return await self._start("s3", "dev.s3", *place, "--key", key, *roles, *told)

    async def _public_s3(self, s3_url: str, api: socket.socket) -> str:
        """Where clients find S3: at `s3_url`, or behind the faulty network, which stands before the front, too."""
        if not self._config.faults:
            return s3_url
        assert self._listener is not None
        public = self._listen("PORTWAY_S3_PORT", self._config.s3_port)
        behind = {api: _url(self._listener), public: s3_url}
        named = [word for socket_, url in behind.items() for word in ("--in-front-of", f"{socket_.fileno()}={url}")]
        fds = tuple(socket_.fileno() for socket_ in behind)
        await self._start("faulty", "dev.faulty", "--plan", self._config.faults, *named, fds=fds)
        return _url(public)

    def _lost(self, child: Child, code: int) -> None:
        """A process ended although nobody asked it to: the stack is broken, and says so."""
        if self._children.get(child.name) is child and not self.failed.done():
            self.failed.set_result(f"{child.name} ended unexpectedly ({how(code)}):\n{child.tail()}")

    def _say(self, site: Mapping[str, Any]) -> None:
        """Write dev.json, whole or not at all, and remove it at the end unless another stack has written its own."""
        write_private(self._said, json.dumps(site))
        self._open.callback(self._unsay)

    def _unsay(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            if json.loads(self._said.read_text("utf-8"))["pid"] == os.getpid():
                self._said.unlink()


def _keys(path: Path) -> Identity:
    try:
        return Identity.kept(path)
    except (ValueError, KeyError, TypeError):
        raise BadChoice(f"PORTWAY_DATA: {path} holds no keys. Remove it, new ones are made") from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"
