"""Zip: every byte belongs to one member, directory and members say the same, and what is inside is no bomb.

APPNOTE 6.3.10; ASVS 5.0, 5.2.3 and 5.2.5; CVE-2024-0450 (overlap). Nothing is unpacked that the directory has not
been checked for.
"""

from __future__ import annotations

from itertools import islice, pairwise

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.members import LARGE, Contents, Kind, Member
from portway.formats.signatures import MARKUP, binary_of, program_of
from portway.formats.zip_directory import Directory, ZipMember, locate, members
from portway.formats.zip_members import (
    DESCRIPTORS,
    METHODS,
    STORED,
    Allowance,
    check_gap,
    is_encrypted,
    local_of,
    prove,
)
from portway.reader import BLOCK, Reader

STOPS = 128
"""Blocks that are read for local headers. All of them where that is enough, as in every file up to 16 MiB; else of odd
members and an even sample. The fact `proven` says how many members it were."""
USUAL_SLACK, MOST_SLACK = 256, 0xFFFF + DESCRIPTORS[-1]
"""Bytes between two members that a local extra field and a descriptor usually are, and can be at most."""
SPLIT_MARKERS = (b"PK\x07\x08", b"PK00")
"""Four bytes before an archive that could have been split (8.5.3)."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: entries, unpacked_bytes, listing, proven."""
    anatomy = Anatomy()
    look(reader, bounds, anatomy)
    return anatomy


def look(reader: Reader, bounds: Bounds, anatomy: Anatomy, *, is_package: bool = False) -> list[ZipMember]:
    """All members, in the order of the directory; none when there are too many. A package is one document."""
    directory = locate(reader, anatomy)
    _judge_comment(directory.comment, bounds, anatomy)
    anatomy.facts["entries"] = directory.count
    if directory.count > bounds.entries:
        anatomy.mark(Trick.ARCHIVE_ENTRIES, f"{directory.count} entries")
        return []
    found = list(islice(members(reader, directory), bounds.entries + 1))
    if len(found) > bounds.entries:
        anatomy.mark(Trick.ARCHIVE_ENTRIES, f"over {bounds.entries} entries")
    if len(found) != directory.count:
        anatomy.mark(Trick.ARCHIVE_LIES, f"{len(found)} entries, {directory.count} according to the end record")
    contents = Contents(anatomy, bounds, names_matter=not is_package)
    _judge(found, contents)
    _judge_spans(reader, directory, found, contents)
    contents.close()
    return found


def _judge_comment(comment: bytes, bounds: Bounds, anatomy: Anatomy) -> None:
    if len(comment) > bounds.metadata_text:
        anatomy.mark(Trick.METADATA_OVERSIZED, f"a comment of {len(comment)} bytes")
    if program_of(comment) or binary_of(comment) or MARKUP.match(comment):
        anatomy.mark(Trick.SECOND_FORMAT, f"the comment begins with {comment[:20]!r}")


def _judge(found: list[ZipMember], contents: Contents) -> None:
    anatomy, names = contents.anatomy, set[bytes]()
    for member in found:
        contents.add(member)
        if member.other_name and member.other_name != member.name:
            contents.add(Member(name=member.other_name, size=0))
            contents.count -= 1
        if member.raw in names:
            anatomy.mark(Trick.ARCHIVE_LIES, f"{member.name[:100]!r} twice")
        names.add(member.raw)
        if is_encrypted(member):
            anatomy.mark(Trick.ENCRYPTED, f"{member.name[:100]!r}")
        elif member.method != STORED and member.method not in METHODS:
            anatomy.mark(Trick.UNSUPPORTED, f"{member.name[:100]!r} is packed by method {member.method}")
        if _is_impossible(member):
            anatomy.mark(Trick.ARCHIVE_LIES, f"{member.name[:100]!r}: {member.size} bytes from {member.packed}")


def _is_impossible(member: ZipMember) -> bool:
    """Sizes that no packing has: stored in another size, deflated to far more, a folder with content."""
    if is_encrypted(member):
        return False
    is_swollen = member.method in METHODS and member.packed > member.size + member.size // 64 + 1024
    return is_swollen or (member.method == STORED and member.packed != member.size) or _is_full(member)


def _is_full(member: ZipMember) -> bool:
    return member.kind is Kind.FOLDER and member.size > 0


def _judge_spans(reader: Reader, directory: Directory, found: list[ZipMember], contents: Contents) -> None:
    """From byte 0 to the directory each byte belongs to one member. Exact where local headers are read; elsewhere
    members may not overlap in what the directory says, nor lie further apart than an extra field is long."""
    anatomy, allowance = contents.anatomy, Allowance()
    ordered = sorted(found, key=lambda member: member.at)
    starts = [*(member.at for member in ordered), directory.first]
    _judge_start(reader, starts[0], directory.shift, anatomy)
    picked = _picked(ordered, starts)
    for member, (start, after) in zip(ordered, pairwise(starts), strict=True):
        reader.check()
        slack = after - start - 30 - len(member.raw) - member.packed
        if slack < 0:
            anatomy.mark(Trick.ARCHIVE_OVERLAP, f"{member.name[:100]!r} at {start} goes on behind {after}")
        elif slack > MOST_SLACK:
            anatomy.mark(Trick.ARCHIVE_LIES, f"{slack} bytes before {after} belong to no entry")
        elif start in picked:
            _judge_member(reader, member, after, allowance, contents)
    anatomy.facts["proven"] = len(picked)


def _judge_start(reader: Reader, first: int, shift: int, anatomy: Anatomy) -> None:
    before = first - shift
    if before < 0 or first > reader.size:
        raise Malformed("a member is not where the directory says")
    if before and not (before == 4 and reader.read(0, 4) in SPLIT_MARKERS):
        anatomy.mark(Trick.SECOND_FORMAT, f"{before} bytes before the first member")


def _judge_member(reader: Reader, member: ZipMember, after: int, allowance: Allowance, contents: Contents) -> None:
    anatomy = contents.anatomy
    local = local_of(reader, member, anatomy)
    if local.end > after:
        anatomy.mark(Trick.ARCHIVE_OVERLAP, f"{member.name[:100]!r} goes on behind {after}")
        return
    check_gap(reader, member, local, after - local.end, anatomy)
    is_bomb = member.size > LARGE and member.size > contents.bounds.ratio * member.packed
    if is_bomb or is_encrypted(member) or (member.method != STORED and member.method not in METHODS):
        return
    contents.look(member.name, prove(reader, member, local, allowance, anatomy))


def _picked(ordered: list[ZipMember], starts: list[int]) -> set[int]:
    """Where the local headers are that are read."""
    everything = {member.at for member in ordered}
    if len({at // BLOCK for at in everything}) <= STOPS:
        return everything
    odd = [
        member.at
        for member, (start, after) in zip(ordered, pairwise(starts), strict=True)
        if after - start - 30 - len(member.raw) - member.packed > USUAL_SLACK
    ]
    step = -(-2 * len(ordered) // STOPS)
    return {*odd[: STOPS // 2], *(member.at for member in ordered[::step])}
