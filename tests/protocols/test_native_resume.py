"""Resuming by the wire contract alone: what is missing, what is held, and for how many days."""

from __future__ import annotations

import pytest

from tests.protocols.service import Service, service
from tests.protocols.steps import BODIES, MIB, PART, created

HOUR = 3600


@pytest.fixture
def api() -> Service:
    return service()


def test_status_and_parts_say_what_to_send(api: Service) -> None:
    """`missing` has the gaps; the list of parts has lengths and checksums, to be compared with the file."""
    upload = created(api)
    api.put_parts(upload["signed"], {2: BODIES[2]})
    view = api.call("GET", f"/v1/uploads/{upload['id']}").document
    assert (view["status"], view["missing"], view["bytes_stored"]) == ("in_progress", [[1, 1], [3, 3]], PART)
    (held,) = api.call("GET", f"/v1/uploads/{upload['id']}/parts").document["parts"]
    assert (held["number"], held["size"], len(held["checksum"])) == (2, PART, 12)


def test_an_upload_goes_on_for_days(api: Service) -> None:
    """Whoever signs at least once a day can go on until the hard end on the seventh; each part sent is kept."""
    upload = created(api, window=0)
    path = f"/v1/uploads/{upload['id']}"
    for number in (1, 2, 3):
        for _ in range(3):
            api.clock.pass_seconds(18 * HOUR)
            signed = api.call("POST", f"{path}/parts", {"numbers": [number]})
            assert signed.status == 200, signed.text
        api.put_parts(signed.document, BODIES)
    assert api.clock() - api.sessions.uploads[upload["id"]].created_at > 6 * 24 * HOUR * 1000
    assert api.call("GET", path).document["bytes_stored"] == 2 * PART + MIB
    assert api.call("POST", f"{path}/complete", {"size": 2 * PART + MIB}).status == 200
    assert api.arrive(upload["id"]) == "published"


def test_no_signature_goes_past_the_hard_end(api: Service) -> None:
    """After seven days the parts are not signed any more, and the answer says that the upload has expired."""
    upload = created(api, window=0)
    path = f"/v1/uploads/{upload['id']}/parts"
    for _ in range(9):
        api.clock.pass_seconds(18 * HOUR)
        assert api.call("POST", path, {"numbers": [1]}).status == 200
    api.clock.pass_seconds(7 * HOUR)
    refused = api.call("POST", path, {"numbers": [1]})
    assert (refused.status, refused.document["code"], refused.document["state"]) == (409, "wrong_state", "EXPIRED")


def test_other_devices_find_what_is_in_progress(api: Service) -> None:
    """An upload of which a part was reported is in the list of its owner's uploads in progress, with name and size."""
    upload = created(api)
    assert api.call("GET", "/v1/uploads?status=in_progress").document["uploads"] == []
    api.put_parts(upload["signed"], {1: BODIES[1]})
    api.call("POST", f"/v1/uploads/{upload['id']}/progress", {"stored": [[1, 1]]})
    (item,) = api.call("GET", "/v1/uploads?status=in_progress").document["uploads"]
    assert (item["id"], item["name"], item["size"]) == (upload["id"], "a.bin", upload["size"])
