"""What can be asked about one upload, once it is known who asks: the same answers for its owner and for its token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel

from portway.errors import Fault, Refused, Unavailable
from portway.model import HAS_OBJECT, Principal, Status, Upload
from portway.ports import Clock
from portway.protocols import native_views as views
from portway.protocols import native_wire as wire
from portway.protocols.counts import count
from portway.protocols.problems import RETRY_SECONDS
from portway.signing import MAX_TEMPLATE, Form
from portway.status import snapshot
from portway.uploads import Uploads

COMPLETED, CANCELLED = HAS_OBJECT | {Status.COMPLETING}, frozenset({Status.ABORTING, Status.ABORTED})
"""States of an upload whose completion, or cancellation, was begun."""

ToSign = Annotated[wire.SignParts, Body()]
ToReport = Annotated[wire.ReportProgress, Body()]
ToComplete = Annotated[wire.CompleteUpload | None, Body()]
AfterPart = Annotated[int, Query(ge=0, le=10_000, description="From the page before")]
MostParts = Annotated[int, Query(ge=1, le=1000, description="Most parts of a page")]


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of an upload as requests, each about the upload `upload_id` of `who`."""

    uploads: Uploads
    now: Clock
    logger: Logger

    def status(self, who: Principal, upload_id: str) -> Response[str]:
        return answer(200, views.upload_view(self.uploads.status(who, upload_id), self.now()))

    def sign(self, who: Principal, upload_id: str, body: wire.SignParts) -> Response[str]:
        window = self.uploads.sign_parts(who, upload_id, _wanted(body), body.form, body.checksums, body.lengths)
        return answer(200, views.signed_template(window) if body.form is Form.TEMPLATE else views.signed_urls(window))

    def parts(self, who: Principal, upload_id: str, cursor: int, limit: int) -> Response[str]:
        page = self.uploads.stored(who, upload_id, cursor, limit)
        return answer(200, wire.PartList(parts=[views.part_view(part) for part in page.parts], cursor=page.more_after))

    def report(self, who: Principal, upload_id: str, body: wire.ReportProgress) -> Response[str]:
        try:
            noted = self.uploads.progress(who, upload_id, body.stored)
        except Unavailable as error:
            return self._goes_on(who, upload_id, error, COMPLETED)
        return answer(200, views.reported_upload(noted))

    def complete(self, who: Principal, upload_id: str, body: wire.CompleteUpload | None) -> Response[str]:
        body = body or wire.CompleteUpload.model_validate({})
        try:
            upload = self.uploads.complete(who, upload_id, body.checksum, body.size)
        except Unavailable as error:
            return self._goes_on(who, upload_id, error, COMPLETED)
        return self._standing(upload, 200)

    def cancel(self, who: Principal, upload_id: str) -> Response[str]:
        try:
            self.uploads.abort(who, upload_id)
        except Unavailable as error:
            return self._goes_on(who, upload_id, error, CANCELLED)
        return Response(204, body="")

    def _goes_on(self, who: Principal, upload_id: str, error: Unavailable, begun: frozenset[Status]) -> Response[str]:
        """202 if the record says that it was begun, since event or sweeper will end it; else nothing was: the error."""
        upload = self.uploads.owned(who, upload_id)
        if upload.status not in begun:
            raise error
        self.logger.warning("goes on without the client", status=upload.status)
        count("GoesOnWithoutClient")
        return self.waiting(upload, RETRY_SECONDS)

    def waiting(self, upload: Upload, seconds: int) -> Response[str]:
        """202: somebody else goes on with it; ask the status after so many seconds."""
        return self._standing(upload, 202, {"Retry-After": str(seconds)})

    def _standing(self, upload: Upload, status: int, headers: dict[str, str] | None = None) -> Response[str]:
        """The upload as the record has it, for the answers that are about it."""
        return answer(status, views.upload_view(snapshot(upload, ()), self.now()), headers)


def answer(status: int, view: BaseModel, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", view.model_dump_json(), headers)


def _wanted(body: wire.SignParts) -> Sequence[int]:
    """The part numbers that are asked for. A range is not spelt out before its length is known to be fair."""
    if (body.numbers is None) == (body.range is None):
        words = "Give either numbers or range."
        raise Refused([Fault("numbers", "either_or", words)])
    if body.numbers is not None:
        return body.numbers
    assert body.range is not None
    first, last = body.range
    if not 0 <= last - first < MAX_TEMPLATE:
        words = f"range must be [first, last] of at most {MAX_TEMPLATE} parts."
        raise Refused([Fault("range", "out_of_range", words, MAX_TEMPLATE, [first, last])])
    return range(first, last + 1)
