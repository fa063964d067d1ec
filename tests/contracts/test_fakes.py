"""What the fakes promise to unit tests and to whoever replays use cases: copies, determinism, no SDK."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from portway.errors import Unavailable
from portway.model import ChecksumAlgorithm, Status
from tests.contracts.journeys import ROOM, aborted, opened
from tests.contracts.objects import KEY, SESSION
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.clock import START, CountingIds, FakeClock
from tests.fakes.objects import FakeObjects
from tests.fakes.sessions import FakeSessions
from tests.fakes.uploads import an_upload, some_parts

FAKES = Path(__file__).resolve().parents[1] / "fakes"
CRC64 = ChecksumAlgorithm.CRC64NVME


def test_fakes_need_no_sdk() -> None:
    """A unit test that uses every fake has neither boto3 nor moto in its process."""
    modules = sorted(f"tests.fakes.{path.stem}" for path in FAKES.glob("*.py"))
    code = f"import sys, {', '.join(modules)}; print({{'boto3', 'botocore', 'moto', 'aiohttp'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=FAKES.parents[1], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_a_copied_table_goes_its_own_way() -> None:
    """Writes to a copy are not seen in the original, nor the other way round."""
    table = FakeSessions()
    upload = opened(table)
    table.put_manifest(upload.id, some_parts(2))
    copy = deepcopy(table)
    aborted(copy, upload)
    assert copy.counters != table.counters
    copy.add(an_upload(2), ROOM)
    assert table.get(upload.id) == upload
    assert table.get(an_upload(2).id) is None
    assert (len(table.outbox), len(copy.outbox)) == (1, 2)
    assert copy.manifests == table.manifests


def test_copied_objects_go_their_own_way() -> None:
    """Parts, objects and ids of a copy are its own; the same calls give the same answers in both."""
    objects = FakeObjects(min_part=1)
    upload_id = objects.start(KEY, "audio/wav", CRC64, SESSION)
    copy = deepcopy(objects)
    part = copy.upload_part(KEY, upload_id, 1, b"x")
    copy.complete(KEY, upload_id, [part], 1, CRC64, None)
    assert (objects.head(KEY), objects.created) == (None, [])
    assert objects.list_parts(KEY, upload_id).parts == ()
    objects.upload_part(KEY, upload_id, 1, b"x")
    objects.complete(KEY, upload_id, [part], 1, CRC64, None)
    assert objects.head(KEY) == copy.head(KEY)
    assert objects.created == copy.created


def test_tiny_parts_are_a_matter_of_the_limit() -> None:
    """With a low minimum a test of many parts needs few bytes."""
    objects = FakeObjects(min_part=2)
    upload_id = objects.start(KEY, "audio/wav", CRC64, SESSION)
    parts = [objects.upload_part(KEY, upload_id, number, b"ab") for number in range(1, 101)]
    assert objects.complete(KEY, upload_id, parts, 200, CRC64, None).etag.endswith("-100")


def test_a_flying_part_survives_one_abort() -> None:
    """As on S3, an abort may have to be repeated before the upload is really gone."""
    objects = FakeObjects()
    upload_id = objects.start(KEY, "audio/wav", CRC64, SESSION)
    objects.let_part_fly(upload_id)
    objects.abort(KEY, upload_id)
    assert objects.open_uploads(KEY) == (upload_id,)
    objects.abort(KEY, upload_id)
    assert objects.open_uploads(KEY) == ()


def test_a_complete_can_be_remembered() -> None:
    """Both behaviours that S3 may show for a repeated Complete can be played."""
    objects = FakeObjects(remembers_completes=True)
    upload_id = objects.start(KEY, "audio/wav", CRC64, SESSION)
    part = objects.upload_part(KEY, upload_id, 1, b"x")
    first, second = (objects.complete(KEY, upload_id, [part], 1, CRC64, None) for _ in range(2))
    assert first == second
    assert len(objects.created) == 1


def test_clock_and_ids_are_predictable() -> None:
    """Time moves only when told; ids count and have the length of real ones."""
    clock, ids = FakeClock(), CountingIds()
    assert (clock(), clock.pass_seconds(1.5), clock()) == (START, START + 1500, START + 1500)
    assert [ids(), ids()] == ["1".zfill(26), "2".zfill(26)]
    assert an_upload().moved(Status.OPEN, clock()).history[-1].at == clock()


def test_a_copied_bus_remembers_for_itself() -> None:
    """What one copy was told the other does not know; refusals are used up one by one."""
    bus = FakeAnnouncer(refusals=1)
    table = FakeSessions()
    aborted(table, opened(table))
    (event,) = table.unsent(START + 1000, 1)
    with pytest.raises(Unavailable):
        bus.send(event)
    copy = deepcopy(bus)
    copy.send(event)
    assert (len(bus.events), len(copy.events)) == (0, 1)
