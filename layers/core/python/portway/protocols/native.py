"""The native JSON API under /v1: a table of routes over the use cases. docs/api/openapi.json is generated from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import BaseModel

from portway.errors import Fault, Refused, Unavailable
from portway.files import Files
from portway.ids import derived_id
from portway.model import HAS_OBJECT, Principal, Status, Upload, Word
from portway.operators import Asked, Operators
from portway.ports import Clock
from portway.protocols import native_views as views
from portway.protocols import native_wire as wire
from portway.protocols.counts import count
from portway.protocols.native_answers import Refusals, upload_in_path
from portway.protocols.native_documents import document
from portway.protocols.principals import Claims
from portway.protocols.problems import RETRY_SECONDS
from portway.signing import MAX_TEMPLATE, Form
from portway.status import snapshot
from portway.uploads import Uploads

STATUS = {
    "invalid_request": 422,
    "not_found": 404,
    "forbidden": 403,
    "gone": 410,
    "wrong_state": 409,
    "parts_missing": 409,
    "parts_differ": 422,
    "idempotency_key_reused": 422,
    "quota_exceeded": 403,
    "rate_limited": 429,
    "busy": 503,
    "unavailable": 503,
}
"""The core's codes as HTTP statuses; a size over the limit is 413."""
OPERATORS = "/v1/operator/"
"""Routes that nobody but operators knows."""
COMPLETED, CANCELLED = HAS_OBJECT | {Status.COMPLETING}, frozenset({Status.ABORTING, Status.ABORTED})
"""States of an upload whose completion, or cancellation, was begun."""

IdempotencyKey = Annotated[
    str | None, Header(alias="idempotency-key", description="1 to 255 printable characters; the same gives the same")
]
UploadId = Annotated[str, Path(description="As create answered it")]
FileId = Annotated[str, Path(description="The id of its upload")]


@dataclass(frozen=True, slots=True)
class Native:
    """What the routes need: use cases, whose tokens, which clock, where to log."""

    app: APIGatewayHttpResolver
    uploads: Uploads
    files: Files
    operators: Operators
    claims: Claims
    now: Clock
    logger: Logger

    def create(
        self, body: Annotated[wire.CreateUpload, Body()], idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
        """Declare a file; the answer holds its id, its parts and the first window of signed part URLs.

        With an Idempotency-Key the same request may be repeated: it gives the same upload.
        """
        principal = self._principal()
        upload_id = _derived(principal, idempotency_key)
        wanted = body.declaration(self.uploads.default_category)
        created = self.uploads.create(principal, wanted, upload_id)
        self.logger.info("upload created", upload_id=created.upload.id, size=created.upload.size)
        count("UploadsCreated")
        view = views.created_upload(created, self.now())
        return _answer(201, view, {"Location": f"/v1/uploads/{created.upload.id}"})

    def sign_parts(self, upload_id: UploadId, body: Annotated[wire.SignParts, Body()]) -> Response[str]:
        """Sign a list or a range of parts, as full URLs (at most 1,000) or as one template (at most 10,000).

        Give the checksums of the parts to have S3 accept no other bytes. `expires_at` is when the URLs really end.
        """
        numbers = _wanted(body)
        window = self.uploads.sign_parts(self._principal(), upload_id, numbers, body.form, body.checksums)
        return _answer(200, views.signed_template(window) if body.form is Form.TEMPLATE else views.signed_urls(window))

    def list_uploads(
        self,
        status: Annotated[Word | None, Query(description="Only uploads with this status")] = None,
        cursor: Annotated[str | None, Query(description="From the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=100, description="Most uploads of a page")] = 50,
    ) -> Response[str]:
        """Your own uploads, newest first. A page may be short although more follow: go on while there is a cursor."""
        page = self.uploads.listed(self._principal(), status, cursor, limit)
        return _answer(200, wire.UploadList(uploads=[views.upload_item(u) for u in page.uploads], cursor=page.cursor))

    def get_upload(self, upload_id: UploadId) -> Response[str]:
        """Where an upload stands. While it is open, S3 is asked what arrived; `missing` says what to send."""
        snapshot = self.uploads.status(self._principal(), upload_id)
        return _answer(200, views.upload_view(snapshot, self.now()))

    def list_parts(
        self,
        upload_id: UploadId,
        cursor: Annotated[int, Query(ge=0, le=10_000, description="From the page before")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000, description="Most parts of a page")] = 1000,
    ) -> Response[str]:
        """The parts that S3 holds, ascending."""
        page = self.uploads.stored(self._principal(), upload_id, cursor, limit)
        return _answer(200, wire.PartList(parts=[views.part_view(part) for part in page.parts], cursor=page.more_after))

    def report_progress(self, upload_id: UploadId, body: Annotated[wire.ReportProgress, Body()]) -> Response[str]:
        """Say which parts are stored, in bundles: a hint to those who look. It completes an `auto_complete` upload."""
        try:
            upload = self.uploads.progress(self._principal(), upload_id, body.stored)
        except Unavailable as error:
            return self._goes_on(upload_id, error, COMPLETED)
        return _answer(200, views.upload_item(upload))

    def complete(
        self, upload_id: UploadId, body: Annotated[wire.CompleteUpload | None, Body()] = None
    ) -> Response[str]:
        """Have S3 put the parts together. 200: stored. 202: S3 is still at it; ask the status after Retry-After.

        Missing parts are 409 `parts_missing` with their ranges; repeating the request is always fine.
        """
        body = body or wire.CompleteUpload.model_validate({})
        try:
            upload = self.uploads.complete(self._principal(), upload_id, body.checksum, body.size)
        except Unavailable as error:
            return self._goes_on(upload_id, error, COMPLETED)
        return self._standing(upload, 200)

    def cancel(self, upload_id: UploadId) -> Response[str]:
        """Cancel an upload that is not completed; its parts are removed. 202: S3 is still at it."""
        try:
            self.uploads.abort(self._principal(), upload_id)
        except Unavailable as error:
            return self._goes_on(upload_id, error, CANCELLED)
        return Response(204, body="")

    def get_file(self, file_id: FileId) -> Response[str]:
        """A published file. 409 while its upload is not there yet, 410 after it was removed."""
        return _answer(200, views.file_view(self.files.published(self._principal(), file_id)))

    def get_file_url(self, file_id: FileId) -> Response[str]:
        """A signed URL that downloads a published file, with ranges."""
        link = self.files.link(self._principal(), file_id)
        expires_at, server_time = views.time_text(link.expires_at), views.time_text(link.server_time)
        return _answer(200, wire.FileUrl(url=link.url, expires_at=expires_at, server_time=server_time))

    def delete_file(self, file_id: FileId) -> Response[str]:
        """Remove every version of a file, and give its quota back."""
        self.files.delete(self._principal(), file_id)
        return Response(204, body="")

    def list_all_uploads(
        self,
        status: Annotated[Word | None, Query(description="Only uploads with this status")] = None,
        tenant: Annotated[str | None, Query(description="Only uploads of this tenant")] = None,
        owner: Annotated[str | None, Query(description="Only uploads of this owner; name the tenant too")] = None,
        cursor: Annotated[str | None, Query(description="From the page before")] = None,
    ) -> Response[str]:
        """Everybody's uploads, newest first, for operators; for others there is no such route.

        A page may be empty although more follow: go on while there is a cursor.
        """
        principal = self._principal()
        if not self.knows_route():
            raise NotFoundError
        page = self.operators.uploads(principal, Asked(tenant, owner, status), cursor)
        shown = [views.operator_item(upload) for upload in page.uploads]
        return _answer(200, wire.OperatorList(uploads=shown, cursor=page.cursor))

    def knows_route(self) -> bool:
        """Whether who asks may know that this route exists; else not even a fault in the request may tell it."""
        return not self.app.current_event.path.startswith(OPERATORS) or self.claims.is_operator(self._claims())

    def name_upload_in_logs(self, app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[str]:
        """Every line that a request writes carries the id of the upload it is about."""
        upload_id = upload_in_path(app)
        if upload_id:
            self.logger.append_keys(upload_id=upload_id)
        return next_middleware(app)

    def _principal(self) -> Principal:
        return self.claims.principal(self._claims())

    def _claims(self) -> Mapping[str, Any]:
        authorizer = self.app.current_event.request_context.authorizer
        return (authorizer.jwt_claim if authorizer else None) or {}

    def _goes_on(self, upload_id: str, error: Unavailable, begun: frozenset[Status]) -> Response[str]:
        """202 if the record says that it was begun, since event or sweeper will end it; else nothing was: the error."""
        upload = self.uploads.owned(self._principal(), upload_id)
        if upload.status not in begun:
            raise error
        self.logger.warning("goes on without the client", status=upload.status)
        count("GoesOnWithoutClient")
        return self._standing(upload, 202, {"Retry-After": str(RETRY_SECONDS)})

    def _standing(self, upload: Upload, status: int, headers: dict[str, str] | None = None) -> Response[str]:
        """The upload as the record has it, for the answers that are about it."""
        return _answer(status, views.upload_view(snapshot(upload, ()), self.now()), headers)


ROUTES = (
    # method, path, operation, what can be answered
    ("POST", "/v1/uploads", "create", {201: wire.CreatedUpload}),
    ("GET", "/v1/uploads", "list_uploads", {200: wire.UploadList}),
    ("GET", "/v1/uploads/<upload_id>", "get_upload", {200: wire.UploadView}),
    ("DELETE", "/v1/uploads/<upload_id>", "cancel", {202: wire.UploadView, 204: None}),
    ("GET", "/v1/uploads/<upload_id>/parts", "list_parts", {200: wire.PartList}),
    ("POST", "/v1/uploads/<upload_id>/parts", "sign_parts", {200: wire.SignedParts}),
    ("POST", "/v1/uploads/<upload_id>/progress", "report_progress", {200: wire.UploadItem, 202: wire.UploadView}),
    ("POST", "/v1/uploads/<upload_id>/complete", "complete", {200: wire.UploadView, 202: wire.UploadView}),
    ("GET", "/v1/files/<file_id>", "get_file", {200: wire.FileView}),
    ("GET", "/v1/files/<file_id>/url", "get_file_url", {200: wire.FileUrl}),
    ("DELETE", "/v1/files/<file_id>", "delete_file", {204: None}),
    ("GET", "/v1/operator/uploads", "list_all_uploads", {200: wire.OperatorList}),
)


def attach(native: Native) -> None:
    """Put every route and every refusal of the native API on its resolver."""
    for method, path, operation, answers in ROUTES:
        handler = getattr(native, operation)
        native.app.route(path, method, **document(operation, handler.__doc__, answers, STATUS))(handler)
    native.app.use([native.name_upload_in_logs])
    Refusals(native.app, native.uploads, STATUS, native.logger, native.knows_route).attach()


def _answer(status: int, view: BaseModel, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", view.model_dump_json(), headers)


def _derived(principal: Principal, key: str | None) -> str | None:
    if key is None:
        return None
    if not key.isprintable() or not 1 <= len(key) <= 255:
        words = "Idempotency-Key must be 1 to 255 printable characters."
        raise Refused([Fault("idempotency-key", "malformed", words, 255, len(key))])
    return derived_id(principal.tenant, principal.owner, key)


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
