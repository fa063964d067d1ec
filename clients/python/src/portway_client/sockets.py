"""What of sockets differs between systems: waiting, how much of what was sent has arrived, and words for errors."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import sys
from http.client import HTTPException

READ, WRITE = 1, 4
"""To be added up. The numbers that poll has for them."""
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def by_poll(waiting: socket.socket, events: int, seconds: float) -> int:
    poll = select.poll()
    poll.register(waiting, events)
    return sum(found for _, found in poll.poll(seconds * 1000))


def by_select(waiting: socket.socket, events: int, seconds: float) -> int:
    readers, writers = ([waiting] if events & each else [] for each in (READ, WRITE))
    readable, writable, failed = select.select(readers, writers, [waiting], seconds)
    return READ * bool(readable) + WRITE * bool(writable or failed)


is_ready = by_poll if hasattr(select, "poll") else by_select
"""Those of the events that are there, and others where it has failed or ended; 0 when `seconds` are over."""


def acknowledged(sending: socket.socket) -> int:
    """How many bytes the other side's system has taken, ever; 0 where this system does not tell.

    tcpi_bytes_acked of Linux's struct tcp_info (linux/tcp.h; 64 bits at byte 120, since Linux 4.1).
    """
    if sys.platform != "linux":
        return 0
    info = sending.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
    return int(struct.unpack_from("Q", info, 120)[0]) if len(info) == 128 else 0


def words(error: BaseException) -> str:
    """What went wrong, without what was asked for: errors of HTTP repeat what they were given."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    if isinstance(error, HTTPException):
        return "the answer is cut off, or no HTTP"
    return type(error).__name__
