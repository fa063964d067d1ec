"""For your tests: Portway and S3 in memory, with a clock of its own and faults when you want them.

from portway_client import Client, NoState
from portway_client.testing import FakePortway

fake = FakePortway()
client = Client(fake.url, token=fake.token, transport=fake, state=NoState())
"""

from portway_client.testing.clock import SimulatedClock
from portway_client.testing.fake import FakePortway
from portway_client.testing.faults import (
    CORRUPT,
    EXPIRED_TOKEN,
    LATE,
    LOST,
    RESET,
    SKEWED,
    SLOW,
    SLOW_DOWN,
    STALLED,
    STORM,
    UNAUTHORIZED,
    UNREACHABLE,
    Rule,
    Seen,
    Strike,
    answered,
    storm,
)
from portway_client.testing.records import FakeFile, FakeUpload, StoredPart
from portway_client.testing.rules import Limits

__all__ = [
    "CORRUPT",
    "EXPIRED_TOKEN",
    "LATE",
    "LOST",
    "RESET",
    "SKEWED",
    "SLOW",
    "SLOW_DOWN",
    "STALLED",
    "STORM",
    "UNAUTHORIZED",
    "UNREACHABLE",
    "FakeFile",
    "FakePortway",
    "FakeUpload",
    "Limits",
    "Rule",
    "Seen",
    "SimulatedClock",
    "StoredPart",
    "Strike",
    "answered",
    "storm",
]
