"""Events that come late, twice and in any order: every file is published once, and announced under one event id."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.stack.conftest import Announced
from tests.stack.local_stack import MIB, file_of, published_sha256, received, send

UPLOADS = 20
STATES = ["CREATING", "OPEN", "COMPLETING", "STORED", "PROCESSING", "PUBLISHED"]


def test_twenty_uploads_with_shuffled_doubled_and_late_events(announced: Announced, tmp_path: Path) -> None:
    """Twenty uploads at once, their events shuffled, two or three times each, a third of them only much later.

    Whatever the order, each file is published from exactly one run of processing, with the right bytes.
    """
    api, chance = announced.stack.api(), random.Random(20)
    files = [
        file_of(tmp_path, chance.choice([0, 1, 70_000, 17 * MIB]), f"{number:02}.bin") for number in range(UPLOADS)
    ]
    announced.events.keep()
    with ThreadPoolExecutor(8) as pool:
        sent = dict(pool.map(lambda path: send(api, path), files))
    entries = announced.events.waiting(UPLOADS)
    assert len(entries) == UPLOADS
    shuffled = [entry for entry in entries for _ in range(chance.choice([2, 3]))]
    chance.shuffle(shuffled)
    late = shuffled[::3]
    announced.events.send([entry for at, entry in enumerate(shuffled) if at % 3])
    announced.events.send(late)
    announced.events.let_pass()
    for upload_id, found in sent.items():
        view = api.await_end(upload_id)
        assert (view["status"], [step["state"] for step in view["history"]]) == ("completed", STATES)
        assert published_sha256(api, upload_id) == found.sha256
    events = received(announced.stack.names()["PublishedQueue"], set(sent))
    assert len({event["detail"]["event_id"] for event in events}) == UPLOADS


def test_events_of_finished_uploads_change_nothing(announced: Announced, tmp_path: Path) -> None:
    """An event that comes again after publishing leaves history and file as they are, and blocks nobody behind it."""
    api = announced.stack.api()
    announced.events.keep()
    first, _ = send(api, file_of(tmp_path, 5, "first.bin"))
    (entry,) = announced.events.waiting(1)
    announced.events.send([entry])
    before = api.await_end(first)
    announced.events.send([entry, entry])
    announced.events.let_pass()
    second, _ = send(api, file_of(tmp_path, 6, "second.bin"))
    assert api.await_end(second)["status"] == "completed"
    after = api.ask("GET", f"/v1/uploads/{first}")
    assert (after["history"], after["attempts"]) == (before["history"], before["attempts"])
