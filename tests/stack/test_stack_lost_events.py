"""What the stack promises when events are lost: the sweeper finishes, seconds later."""

from __future__ import annotations

from pathlib import Path

from tests.stack.local_stack import file_of, local_stack, published_sha256, received, send
from tests.stack.shuffler import shuffler


def test_a_file_whose_event_is_lost_is_published_all_the_same(tmp_path: Path) -> None:
    """The event of a stored file dies with a clean stop; after the restart the sweep publishes and announces it."""
    data = str(tmp_path / "data")
    with shuffler() as (events, url), local_stack(tmp_path, PORTWAY_DATA=data, PORTWAY_EVENTS_VIA=url) as stack:
        events.keep()
        upload_id, sent = send(stack.api(), file_of(tmp_path, 1000))
        events.waiting(1)
        assert stack.api().ask("GET", f"/v1/uploads/{upload_id}")["status"] == "processing"
        assert stack.stop() == 0
    with local_stack(tmp_path, PORTWAY_DATA=data) as stack:
        view = stack.api().await_end(upload_id, 120)
        assert (view["status"], view["history"][-1]["state"]) == ("completed", "PUBLISHED")
        assert published_sha256(stack.api(), upload_id) == sent.sha256
        (event,) = received(stack.names()["PublishedQueue"], {upload_id})
        assert event["detail-type"] == "file.published"
