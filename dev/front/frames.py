"""How the front and a worker talk: JSON texts, each with its length in four bytes before it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

LENGTH = struct.Struct(">I")


def packed(text: bytes) -> bytes:
    return LENGTH.pack(len(text)) + text


async def receive(reader: asyncio.StreamReader) -> Any:
    """The next message. IncompleteReadError when the other side is gone."""
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return json.loads(await reader.readexactly(length))


def receive_blocking(link: socket.socket) -> Any | None:
    """The same for a worker, which has nothing else to do; None when the other side is gone."""
    head = link.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    return json.loads(link.recv(length, socket.MSG_WAITALL))


def send_blocking(link: socket.socket, message: Any) -> None:
    link.sendall(packed(json.dumps(message).encode()))
