"""Our readers of archives against the standard library's: the same members, in the same order, of the same size."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.corpus import archives, tars
from portway.content import Anatomy, Bounds
from portway.formats import compressed, tar
from portway.formats.archives import WALKERS
from portway.formats.members import Kind, Member
from portway.formats.zip_directory import locate, members
from tests.unit.sources import reader

NAMES = st.lists(st.from_regex(r"[a-zäß€0-9_ -]{1,40}(/[a-z]{1,90}){0,3}", fullmatch=True), max_size=6, unique=True)
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def of_zip(data: bytes) -> list[tuple[str, int]]:
    seen = reader(data)
    return [(each.name, each.size) for each in members(seen, locate(seen, Anatomy()))]


def of_tar(data: bytes) -> list[Member]:
    return list(tar.members(tar.Ranges(reader(data))))


@pytest.mark.parametrize("name", archives.GOOD)
def test_the_members_of_a_zip_are_those_that_python_finds(name: str) -> None:
    """Of every good sample: stored, packed, streamed, with zip64, with a comment, empty."""
    data = archives.GOOD[name]()
    with zipfile.ZipFile(io.BytesIO(data)) as known:
        assert of_zip(data) == [(each.filename, each.file_size) for each in known.infolist()]


@given(NAMES, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_members_of_any_zip_are_those_that_were_put_in(names: list[str], method: int, is_wide: bool) -> None:
    """In the order of the directory, whatever they are called."""
    files = {name: name.encode() * number for number, name in enumerate(names)}
    expected = [(name, len(data)) for name, data in files.items()]
    assert of_zip(archives.zipped(files, method, wide=is_wide)) == expected


@given(NAMES, st.sampled_from(FORMS))
@settings(max_examples=60, deadline=None)
def test_the_members_of_any_tar_are_those_that_were_put_in(names: list[str], form: int) -> None:
    """In all three formats, with names that need extended headers; and the same behind a compression."""
    files = [(name, name.encode() * number) for number, name in enumerate(names) if form != 0 or len(name) < 80]
    expected = [(name, len(data), Kind.FILE) for name, data in files]
    data = tars.tarred(*files, form=form)
    assert [(each.name, each.size, each.kind) for each in of_tar(data)] == expected
    source = compressed.Unpacked(reader(tars.plain_gzip(data)), "gzip", Anatomy())
    assert [(each.name, each.size, each.kind) for each in tar.members(source)] == expected


def test_kinds_of_a_tar_are_told() -> None:
    """What a member becomes when it is unpacked; sparse files have the size that they unpack to."""
    kinds = {tarfile.DIRTYPE: Kind.FOLDER, tarfile.SYMTYPE: Kind.LINK, tarfile.LNKTYPE: Kind.LINK}
    kinds |= dict.fromkeys((tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE), Kind.OTHER)
    for odd, kind in kinds.items():
        assert [each.kind for each in of_tar(tars.tarred(tars.Odd("a", odd, "b")))] == [kind]
    assert [(each.size, each.packed) for each in of_tar(tars.sparse_bomb())] == [(1 << 50, 512)]


@pytest.mark.parametrize("method", ["gzip", "bzip2", "xz"])
def test_facts_of_a_compressed_file_are_those_of_its_content(method: str) -> None:
    """How much it unpacks to; of a tar inside, what that holds."""
    kinds = {"gzip": tars.GZIP, "bzip2": tars.BZIP2, "xz": tars.XZ}
    make, _, _ = tars.GOOD[f"{method}: a tar"]
    facts = WALKERS[kinds[method]](reader(make()), Bounds()).facts
    whole = sum(map(len, archives.FILES.values())) + len(archives.TEXT)
    assert (facts["entries"], facts["unpacked_bytes"]) == (5, whole)
