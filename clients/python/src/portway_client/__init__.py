"""Send files of any size to a Portway upload backend: resumable, checked, fast.

from portway_client import Client

with Client("https://uploads.example.com", token=my_token) as client:
    file = client.upload("film.mov", category="video")
"""

from typing import TYPE_CHECKING, Any

from portway_client.client import Client
from portway_client.engine import About, OnProgress, Settings
from portway_client.errors import (
    Cancelled,
    ChecksumMismatch,
    Closed,
    Conflict,
    Ended,
    Expired,
    Fault,
    FileChanged,
    Finding,
    Forbidden,
    InvalidRequest,
    NotFound,
    NotResumable,
    Offline,
    PartRefused,
    PortwayError,
    QuotaExceeded,
    RateLimited,
    Refusal,
    Rejected,
    StateUnusable,
    Unauthorized,
    Unavailable,
    Unreadable,
    Untrusted,
    WaitedTooLong,
)
from portway_client.model import File, Phase, Progress, Status, Upload
from portway_client.sendables import Sendable
from portway_client.state import NoState, StateStore
from portway_client.state_files import FileState
from portway_client.transfers import Outcome, Transfer
from portway_client.transport import Transport
from portway_client.work import Token

if TYPE_CHECKING:
    from portway_client.aio import AsyncClient, AsyncTransfer

__all__ = [
    "About",
    "AsyncClient",
    "AsyncTransfer",
    "Cancelled",
    "ChecksumMismatch",
    "Client",
    "Closed",
    "Conflict",
    "Ended",
    "Expired",
    "Fault",
    "File",
    "FileChanged",
    "FileState",
    "Finding",
    "Forbidden",
    "InvalidRequest",
    "NoState",
    "NotFound",
    "NotResumable",
    "Offline",
    "OnProgress",
    "Outcome",
    "PartRefused",
    "Phase",
    "PortwayError",
    "Progress",
    "QuotaExceeded",
    "RateLimited",
    "Refusal",
    "Rejected",
    "Sendable",
    "Settings",
    "StateStore",
    "StateUnusable",
    "Status",
    "Token",
    "Transfer",
    "Transport",
    "Unauthorized",
    "Unavailable",
    "Unreadable",
    "Untrusted",
    "Upload",
    "WaitedTooLong",
]


def __getattr__(name: str) -> Any:
    """asyncio takes 25 ms to import: only who asks for the twins pays for it."""
    if name in ("AsyncClient", "AsyncTransfer"):
        from portway_client import aio

        return getattr(aio, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
