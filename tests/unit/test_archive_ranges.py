"""Large archives: few requests, few bytes, and an honest word about what was not looked into."""

from __future__ import annotations

import json
import struct

import pytest

from dev.corpus import archives, tars
from dev.corpus.zips import Entry, archive, central, end, end_64, local
from portway.content import Anatomy, Bounds, Trick
from portway.formats import compressed, tar, zip_archive
from portway.formats.archives import WALKERS
from portway.formats.members import LISTED_BYTES
from portway.formats.zip_directory import locate, members
from portway.reader import Budget, Reader
from tests.unit.sources import Sparse, reader

MEMBERS, EACH = 1_000, 10 << 20
LONG = 0xFFFFFFFF


def ten_gigabytes(gap: int = 0) -> Sparse:
    """A thousand stored members of 10 MiB; before the one in the middle nobody owns `gap` bytes."""
    pieces, directory, at = dict[int, bytes](), b"", 0
    for number in range(MEMBERS):
        at += gap if number == MEMBERS // 2 else 0
        name = b"photos/%04d.raw" % number
        header, _ = local(Entry(name=name, method=0, packed_data=b"", size=EACH, packed=EACH, crc=0))
        pieces[at] = header
        wide = Entry(name=name, method=0, size=EACH, packed=EACH, crc=0, extra=struct.pack("<2HQ", 1, 8, at))
        directory += central(wide, LONG)
        at += len(header) + EACH
    tail = directory + end_64(MEMBERS, len(directory), at, at + len(directory)) + end(MEMBERS, len(directory), LONG)
    return Sparse(at + len(tail), {**pieces, at: tail})


def over(source: Sparse) -> Reader:
    return Reader(source, source.size, Budget(), lambda: 0)


@pytest.mark.asvs("5.2.3")
def test_the_directory_of_a_10_gb_zip_is_one_request() -> None:
    """All names and sizes, by the file's last bytes alone, zip64 record and locator included."""
    source = ten_gigabytes()
    seen = over(source)
    found = list(members(seen, locate(seen, Anatomy())))
    assert (len(found), found[-1].name, found[-1].size) == (MEMBERS, "photos/0999.raw", EACH)
    assert found[-1].at > LONG
    assert source.requests == 1
    assert source.read <= 256 << 10


def test_a_10_gb_zip_is_proven_by_a_sample() -> None:
    """Some members are looked at, as many as is affordable; how many is a fact."""
    source = ten_gigabytes()
    anatomy = zip_archive.walk(over(source), Bounds(unpacked=1 << 40))
    assert anatomy.marks == []
    assert 50 <= int(str(anatomy.facts["proven"])) <= 128
    assert source.requests <= 2 * 128
    assert source.read <= 64 << 20


@pytest.mark.parametrize("gap", [1_000, 100_000])
def test_a_gap_in_a_10_gb_zip_is_found(gap: int) -> None:
    """Whatever lies oddly is part of the sample; what no extra field can explain needs none."""
    anatomy = zip_archive.walk(over(ten_gigabytes(gap)), Bounds(unpacked=1 << 40))
    (mark,) = anatomy.marks
    assert mark.trick is Trick.ARCHIVE_LIES
    assert f"{gap} bytes" in mark.detail


@pytest.mark.asvs("5.2.3")
@pytest.mark.parametrize(
    "name", ["bomb of 1 GB", "60,000 entries", "full overlap", "bomb that lies", "zip64 with 2^40 entries"]
)
def test_no_bomb_costs_a_megabyte(name: str) -> None:
    """Found by what archives say of themselves, or by the first bytes that prove it a lie."""
    make, codes = archives.HOSTILE[name]
    source = reader(make())
    anatomy = zip_archive.walk(source, Bounds())
    assert {mark.trick.value for mark in anatomy.marks} & codes
    assert source.bytes_read <= 1 << 20
    assert source.unpacked <= 1 << 20


def test_cve_2024_0450_overlapping_entries_are_found() -> None:
    """On every Python, also on those whose own library reads such archives: shared and quoted members."""
    for name in ("full overlap", "quoted overlap"):
        anatomy = zip_archive.walk(reader(archives.HOSTILE[name][0]()), Bounds())
        assert Trick.ARCHIVE_OVERLAP in [mark.trick for mark in anatomy.marks]


@pytest.mark.asvs("5.2.5")
def test_links_in_archives_are_found() -> None:
    """Symbolic and hard ones, devices and pipes, in zip, tar and a tar behind gzip."""
    assert Trick.ARCHIVE_LINK in marks(zip_archive.walk(reader(archives.HOSTILE["link"][0]()), Bounds()))
    for name in ("link", "hard link", "device"):
        make, _ = tars.TRAPS[name]
        assert Trick.ARCHIVE_LINK in marks(tar.walk(reader(make()), Bounds()))
        packed = tars.plain_gzip(make())
        assert Trick.ARCHIVE_LINK in marks(WALKERS["application/gzip"](reader(packed), Bounds()))


@pytest.mark.asvs("5.3.3")
@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "\\x", "C:x", "..\\x", "a\0b", "", "a/.. /x"])
def test_paths_that_lead_out_of_an_archive_are_found(name: str) -> None:
    """Nothing is unpacked here; whoever downloads the archive might unpack it."""
    data = archive(Entry(name=name.encode(), data=b"x"))
    assert Trick.ARCHIVE_PATH in marks(zip_archive.walk(reader(data), Bounds()))


def marks(anatomy: Anatomy) -> list[Trick]:
    return [mark.trick for mark in anatomy.marks]


def test_a_listing_fits_into_a_record() -> None:
    """Names without control characters, as many as 4 KB hold; the count is told in full."""
    names = [f"{number}\u202e" + "ü\n" * 100 for number in range(900)]
    data = archive(*(Entry(name=name.encode(), flags=1 << 11) for name in names))
    facts = zip_archive.walk(reader(data), Bounds()).facts
    listing = facts["listing"]
    assert isinstance(listing, list)
    assert facts["entries"] == 900
    assert len(json.dumps(listing, ensure_ascii=False).encode()) <= LISTED_BYTES
    assert 10 < len(listing) < 900
    assert listing[0] == ["0" + "ü" * 100, 0]


def test_what_is_behind_a_compression_is_looked_into_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is called unsupported, not clean: the policy decides."""
    monkeypatch.setattr(compressed, "LOOKED_INTO", 100_000)
    noise = b"".join(b"%d times\n" % number for number in range(50_000))
    source = reader(tars.plain_gzip(noise))
    anatomy = WALKERS["application/gzip"](source, Bounds())
    assert marks(anatomy) == [Trick.UNSUPPORTED]
    assert source.unpacked < len(noise)


def test_a_tar_is_hopped_over_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members far apart cost a request each; after so many the rest is called unsupported."""
    head = tars.tarred(("a", bytes(1 << 20)))[:512]
    pieces = {number * ((1 << 20) + 512): head for number in range(100)}
    source = Sparse(100 * ((1 << 20) + 512) + 1024, pieces)
    assert marks(tar.walk(over(source), Bounds())) == []
    assert source.requests <= 101
    monkeypatch.setattr(tar, "REQUESTS", 10)
    assert marks(tar.walk(over(source), Bounds())) == [Trick.UNSUPPORTED]
