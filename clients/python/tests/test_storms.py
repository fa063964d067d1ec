"""Whatever the network does: what is published is what was sent, or an error says why nothing is."""

from __future__ import annotations

import functools
import random
from pathlib import Path

import pytest

from clients.python.tests.storms import PART, Remembers, after_puts, as_large, case, client_of, content_of, fake_portway
from portway_client.errors import FileChanged, PortwayError, Unavailable
from portway_client.state import StateStore
from portway_client.testing import CORRUPT, LOST, RESET, SLOW_DOWN, STALLED, STORM, FakePortway, Strike, answered, storm
from portway_client.testing.faults import ONLY_S3


@pytest.mark.parametrize("seed", range(60))
def test_a_file_gets_through_a_storm(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seventh request breaks in one of ten ways: files, bytes and streams of all sizes arrive as they are."""
    if seed % 2:
        as_large(monkeypatch)
    this, fake = case(seed), fake_portway()
    fake.faults = storm(seed, 0.15)
    file = client_of(fake, retries=6).upload(this.sendable(tmp_path), name=this.name)
    assert fake.files[this.name].content == this.content
    assert file.size == len(this.content)


@pytest.mark.parametrize("seed", range(100, 160))
def test_a_storm_that_is_too_much_ends_in_an_error_and_a_resumed_upload_in_the_file(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of all requests break. Where the client gives up, it can go on later: nothing is sent twice that S3 has."""
    if seed % 2:
        as_large(monkeypatch)
    this, fake = case(seed), fake_portway()
    fake.faults = storm(seed, 0.5)
    path = tmp_path / this.name
    path.write_bytes(this.content)
    state = Remembers()
    try:
        client_of(fake, retries=1, state=state).upload(path)
    except PortwayError as error:
        _goes_on(fake, path, error, state)
    else:
        assert fake.files[this.name].content == this.content


def _goes_on(fake: FakePortway, path: Path, error: PortwayError, state: StateStore) -> None:
    fake.faults = lambda _: None
    assert error.advice
    if error.upload_id is None:
        assert fake.files == {}
        return
    content, held = path.read_bytes(), fake.uploads[error.upload_id].parts
    right = {n for n, part in held.items() if part.content == content[PART * (n - 1) : PART * n]}
    before = fake.puts
    client_of(fake, state=state).resume(path, error.upload_id)
    assert not {number for _, number in fake.puts - before} & right
    assert fake.files[path.name].content == content


@pytest.mark.parametrize("strike", STORM, ids=lambda strike: strike.name)
def test_each_fault_at_each_request_is_survived(strike: Strike, tmp_path: Path) -> None:
    """One fault, at the first, second, third … request of an upload that takes fifteen of them."""
    content = content_of(10 * PART + 1)
    path = tmp_path / "f"
    path.write_bytes(content)
    for number in range(16):
        fake = fake_portway()
        fake.strike(strike, after=number, place="s3" if strike.name in ONLY_S3 else None)
        client_of(fake).upload(path)
        assert fake.files["f"].content == content


def test_parts_that_arrive_damaged_are_sent_again() -> None:
    """Bits that fall over on the way are found, in bound parts by S3, in others by the answer's checksum."""
    for content in (content_of(8 * PART), iter([content_of(8 * PART)])):
        fake = fake_portway()
        for part in range(1, 9):
            fake.strike(CORRUPT, method="PUT", part=part, times=part % 3)
        client_of(fake).upload(content, name="f")
        assert fake.files["f"].content == content_of(8 * PART)


def test_what_always_arrives_damaged_is_told(tmp_path: Path) -> None:
    """And nothing is published."""
    fake = fake_portway()
    fake.strike(CORRUPT, method="PUT", times=10_000)
    with pytest.raises(PortwayError) as caught:
        client_of(fake).upload(content_of(4 * PART))
    assert (caught.value.code, fake.files) == ("checksum_mismatch", {})


@pytest.mark.parametrize("seed", range(20))
def test_a_download_gets_through_a_storm(seed: int, tmp_path: Path) -> None:
    """Broken connections are gone on with; what is written is the file, or there is none."""
    fake, content = fake_portway(bytes_per_second=1e6), content_of(300_000, seed)
    file = client_of(fake).upload(content, name="f")
    fake.faults = storm(seed, 0.4)
    chance = random.Random(seed)
    target = tmp_path / "there"
    try:
        client_of(fake, retries=chance.choice((3, 8))).download(file.id, target)
    except PortwayError:
        assert not list(tmp_path.iterdir())
    else:
        assert target.read_bytes() == content


def test_a_file_that_changes_while_it_is_sent_is_not_published(tmp_path: Path) -> None:
    """Longer, shorter, or other bytes: the error says so, and no upload is left open."""
    for change in (b"longer" * PART, b"x", content_of(20 * PART, 1)):
        fake, path = fake_portway(), tmp_path / "f"
        path.write_bytes(content_of(20 * PART))

        after_puts(fake, 5, functools.partial(path.write_bytes, change))
        with pytest.raises(FileChanged):
            client_of(fake).upload(path)
        assert fake.files == {}
        assert not [upload for upload in fake.uploads.values() if upload.status.is_open]


@pytest.mark.parametrize("strike", [SLOW_DOWN, STALLED], ids=lambda strike: strike.name)
def test_slow_down_and_timeouts_are_answered_by_fewer_parts_at_a_time(strike: Strike) -> None:
    """It begins with four, and goes on with two."""
    fake, limits = fake_portway(), list[int]()
    fake.strike(strike, method="PUT", part=1)
    client = client_of(fake)
    fake.on_request = lambda _: limits.append(client._engine.pace.limit)
    client.upload(content_of(60 * PART), name="f")
    assert fake.files["f"].content == content_of(60 * PART)
    assert limits[0] == 4
    assert min(limits) == 2


def test_s3_is_left_alone_for_as_long_as_it_asks() -> None:
    """Retry-After of a part counts, and what is random comes on top of it."""
    fake = fake_portway()
    fake.strike(answered(503, "SlowDown", retry_after=30), method="PUT", part=2)
    client_of(fake, parallel=1).upload(content_of(3 * PART), name="f")
    first, second = (seen.at for seen in fake.requests if seen.part == 2)
    assert 30 <= second - first <= 31


@pytest.mark.parametrize("strike", [RESET, LOST, SLOW_DOWN], ids=lambda strike: strike.name)
def test_a_network_that_never_works_is_given_up(strike: Strike) -> None:
    """After so many tries in a row, with an error that may be tried again."""
    fake = fake_portway()
    fake.strike(strike, place="s3", times=10_000)
    with pytest.raises(Unavailable) as caught:
        client_of(fake).upload(content_of(3 * PART))
    assert caught.value.retryable
    assert fake.files == {}
