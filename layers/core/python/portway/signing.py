"""From an open upload and part numbers to signed URLs: what may be signed, for how long, in which form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portway import crc, presign
from portway.errors import Fault, Refused
from portway.model import Upload
from portway.parts import Layout
from portway.ports import Clock, CredentialSource
from portway.presign import Credentials, PartToSign, Place, SignedParts, SignedPut

MAX_URLS, MAX_TEMPLATE = 1000, 10_000
"""Per answer: a URL is about 1 kB, a signature in the template form about 70 bytes; Lambda answers end at 6 MB."""


class Form(StrEnum):
    URLS = "urls"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Window:
    """Signed parts of one answer; times in ms.

    In the form TEMPLATE there is one batch; in the form URLS there may be one with and one without checksums. A single
    upload has one, with the URL of its object.
    """

    form: Form
    batches: Sequence[SignedParts | SignedPut]
    expires_at: int
    server_time: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Who signs, when (ms), and for how many seconds."""

    credentials: Credentials
    at: int
    seconds: int


@dataclass(frozen=True, slots=True)
class PartSigner:
    place: Place
    credentials: CredentialSource
    url_seconds: int
    now: Clock

    def sign(
        self,
        upload: Upload,
        numbers: Sequence[int],
        form: Form,
        checksums: Mapping[int, str],
        lengths: Mapping[int, int] | None = None,
    ) -> Window:
        """Sign these parts of an open upload. Refused names every number and checksum that cannot be signed.

        `lengths` are those of parts that may be shorter than the plan says: the size is not known yet.
        """
        faults = _faults(upload, numbers, form, checksums)
        if faults:
            raise Refused(faults)
        now, credentials = self.now(), self.credentials()
        wanted = min(self.url_seconds, max(1, (upload.expires_at - now) // 1000))
        seconds = presign.seconds_left(credentials, wanted, now)
        moment = Moment(credentials, now, seconds)
        if upload.is_single:
            batches: Sequence[SignedParts | SignedPut] = [self._put(upload, moment)]
        else:
            layout, said = Layout(upload.size, upload.part_size), lengths or {}
            parts = [PartToSign(n, said.get(n, layout.length(n)), checksums.get(n)) for n in numbers]
            batches = self._parts(upload, parts, moment)
        return Window(form, batches, now // 1000 * 1000 + seconds * 1000, now)

    def _parts(self, upload: Upload, parts: Sequence[PartToSign], moment: Moment) -> list[SignedParts]:
        assert upload.multipart_id is not None
        groups = (
            ([p for p in parts if p.checksum], checksum_header(upload)),
            ([p for p in parts if not p.checksum], None),
        )
        return [
            presign.sign_parts(
                self.place,
                moment.credentials,
                upload.key,
                upload.multipart_id,
                group,
                at=moment.at,
                seconds=moment.seconds,
                checksum_header=name,
            )
            for group, name in groups
            if group
        ]

    def _put(self, upload: Upload, moment: Moment) -> SignedPut:
        """Length, type and checksum are those declared, and S3 takes it only while there is no such object."""
        assert upload.checksum is not None
        sent_with = {
            "content-type": upload.content_type,
            "if-none-match": "*",
            checksum_header(upload): upload.checksum,
        }
        headers = {**sent_with, "content-length": str(upload.size)}
        url = presign.sign_put(
            self.place, moment.credentials, upload.key, headers, at=moment.at, seconds=moment.seconds
        )
        return SignedPut(url, PartToSign(1, upload.size, upload.checksum), sent_with)


def checksum_header(upload: Upload) -> str:
    return f"x-amz-checksum-{upload.checksum_algorithm}"


def checksum_faults(field: str, algorithm: str, checksum: str | None) -> list[Fault]:
    """What is wrong with one base64 checksum value. None is nothing to check; an empty text is wrong."""
    if checksum is None:
        return []
    try:
        crc.decode(algorithm, checksum)
    except ValueError as error:
        words = f"{field} must be the base64 of a big-endian {algorithm} value: {error}."
        return [Fault(field, "malformed_checksum", words, algorithm, checksum[:100])]
    return []


def _faults(upload: Upload, numbers: Sequence[int], form: Form, checksums: Mapping[int, str]) -> list[Fault]:
    most = MAX_TEMPLATE if form is Form.TEMPLATE else MAX_URLS
    count = upload.part_count
    asked = "range" if isinstance(numbers, range) else "numbers"  # the field that the client sent
    outside = sorted({number for number in numbers if not 1 <= number <= count})
    unasked = sorted(set(checksums) - set(numbers))
    mixed = form is Form.TEMPLATE and 0 < len(checksums) < len(set(numbers))
    whole = upload.is_single and form is Form.TEMPLATE
    other = upload.is_single and checksums.get(1) not in (None, upload.checksum)
    rules = (
        (not numbers, asked, "empty", "Name at least one part.", 1, 0),
        (len(numbers) > most, asked, "too_many", f"At most {most} parts in this form.", most, len(numbers)),
        (len(set(numbers)) < len(numbers), asked, "repeated", "A part is named twice.", None, None),
        (outside, asked, "out_of_range", f"This upload has the parts 1 to {count}.", [1, count], outside[:20]),
        (unasked, "checksums", "not_asked_for", "Checksums of parts that are not asked for.", None, unasked[:20]),
        (mixed, "checksums", "mixed", "In the template form all parts have a checksum, or none.", None, len(checksums)),
        (whole, "form", "single", "This upload is one PUT: ask for the form urls.", "urls", "template"),
        (other, "checksums.1", "contradicts", "The whole file is sent at once.", upload.checksum, checksums.get(1)),
    )
    found = [Fault(field, code, words, limit, value) for broken, field, code, words, limit, value in rules if broken]
    algorithm = upload.checksum_algorithm
    return found + [
        fault
        for number, value in sorted(checksums.items())
        for fault in checksum_faults(f"checksums.{number}", algorithm, value)
    ]
