"""The native JSON API under /v1: a table of routes over the use cases. docs/api/openapi.json is generated from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from portway.capabilities import Capabilities
from portway.errors import Fault, Refused
from portway.files import Files
from portway.ids import derived_id
from portway.model import Principal, Word
from portway.operators import Operators
from portway.ports import Clock
from portway.protocols import native_file_wire as file_wire
from portway.protocols import native_views as views
from portway.protocols import native_wire as wire
from portway.protocols.counts import count
from portway.protocols.native_answers import Refusals, upload_in_path
from portway.protocols.native_by_token import ROUTES as BY_TOKEN
from portway.protocols.native_by_token import ByToken
from portway.protocols.native_documents import document
from portway.protocols.native_operators import PREFIX, SWEEP_SECONDS, ForOperators
from portway.protocols.native_operators import ROUTES as FOR_OPERATORS
from portway.protocols.native_steps import AfterPart, MostParts, Steps, ToComplete, ToReport, ToSign, answer
from portway.protocols.principals import Claims
from portway.quarantine import Quarantine
from portway.retries import Retries
from portway.uploads import Uploads

STATUS = {
    "invalid_request": 422,
    "not_found": 404,
    "bad_token": 401,
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
"""The core's codes as HTTP statuses; for what does not come from the core see native_documents.OUTSIDE."""

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
    quarantine: Quarantine
    retries: Retries
    capabilities: Capabilities
    claims: Claims
    now: Clock
    logger: Logger

    @property
    def steps(self) -> Steps:
        return Steps(self.uploads, self.now, self.logger)

    @property
    def by_token(self) -> ByToken:
        return ByToken(self.app, self.capabilities, self.steps, self.logger)

    @property
    def for_operators(self) -> ForOperators:
        return ForOperators(self.app, self.operators, self.quarantine, self._principal, self.now, self.logger)

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
        return answer(201, view, {"Location": f"/v1/uploads/{created.upload.id}"})

    def sign_parts(self, upload_id: UploadId, body: ToSign) -> Response[str]:
        """Sign a list or a range of parts, as full URLs (at most 1,000) or as one template (at most 10,000).

        Give the checksums of the parts to have S3 accept no other bytes. `expires_at` is when the URLs really end.
        """
        return self.steps.sign(self._principal(), upload_id, body)

    def list_uploads(
        self,
        status: Annotated[Word | None, Query(description="Only uploads with this status")] = None,
        cursor: Annotated[str | None, Query(description="From the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=100, description="Most uploads of a page")] = 50,
    ) -> Response[str]:
        """Your own uploads, newest first. A page may be short although more follow: go on while there is a cursor."""
        page = self.uploads.listed(self._principal(), status, cursor, limit)
        return answer(200, wire.UploadList(uploads=[views.upload_item(u) for u in page.uploads], cursor=page.cursor))

    def get_upload(self, upload_id: UploadId) -> Response[str]:
        """Where an upload stands. While it is open, S3 is asked what arrived; `missing` says what to send."""
        return self.steps.status(self._principal(), upload_id)

    def list_parts(self, upload_id: UploadId, cursor: AfterPart = 0, limit: MostParts = 1000) -> Response[str]:
        """The parts that S3 holds, ascending."""
        return self.steps.parts(self._principal(), upload_id, cursor, limit)

    def report_progress(self, upload_id: UploadId, body: ToReport) -> Response[str]:
        """Say which parts are stored, in bundles: a hint to those who look. It completes an `auto_complete` upload.

        If S3 does not have everything that was reported, the upload stays open and `missing` names the parts.
        """
        return self.steps.report(self._principal(), upload_id, body)

    def complete(self, upload_id: UploadId, body: ToComplete = None) -> Response[str]:
        """Have S3 put the parts together. 200: stored. 202: S3 is still at it; ask the status after Retry-After.

        Missing parts are 409 `parts_missing` with their ranges; repeating the request is always fine.
        """
        return self.steps.complete(self._principal(), upload_id, body)

    def cancel(self, upload_id: UploadId) -> Response[str]:
        """Cancel an upload that is not completed; its parts are removed. 202: S3 is still at it."""
        return self.steps.cancel(self._principal(), upload_id)

    def retry_upload(self, upload_id: UploadId) -> Response[str]:
        """Have a file processed again that could not be (`reason` is `error`), without sending it again.

        202: the next sweep takes it up, by default within five minutes; the status tells how it ends. At most three
        times; what was rejected is for operators. Repeating the request is fine.
        """
        upload = self.retries.by_owner(self._principal(), upload_id)
        self.logger.info("to be processed again", lease=upload.lease)
        count("UploadsRetried")
        return self.steps.waiting(upload, SWEEP_SECONDS)

    def give_token(self, upload_id: UploadId, body: Annotated[wire.GiveToken | None, Body()] = None) -> Response[str]:
        """A token for this upload alone: its holder may sign, list and report parts, complete, and ask how it stands.

        It is shown this once, and ends the one before. It is sent to `/v1/capability` as a bearer token.
        """
        given = self.capabilities.give(self._principal(), upload_id, body.seconds if body else None)
        self.logger.info("token given")
        count("TokensGiven")
        view = views.upload_token(given, self.now())
        return answer(201, view, {"Location": f"/v1/uploads/{upload_id}/token"})

    def revoke_token(self, upload_id: UploadId) -> Response[str]:
        """Take the token back: from now on it opens nothing. Repeating it is fine, also when there never was one."""
        self.capabilities.revoke(self._principal(), upload_id)
        return Response(204, body="")

    def get_file(self, file_id: FileId) -> Response[str]:
        """A published file. 409 while its upload is not there yet, 410 after it was removed."""
        return answer(200, views.file_view(self.files.published(self._principal(), file_id)))

    def get_file_url(
        self,
        file_id: FileId,
        result: Annotated[str | None, Query(description="The name of a result, such as thumbnail-256.webp")] = None,
    ) -> Response[str]:
        """A signed URL that downloads a published file, or what was made of it, with ranges."""
        return answer(200, views.file_url(self.files.link(self._principal(), file_id, result)))

    def delete_file(self, file_id: FileId) -> Response[str]:
        """Remove every version of a file, and give its quota back."""
        self.files.delete(self._principal(), file_id)
        return Response(204, body="")

    def wrong_with_who_asks(self) -> Exception | None:
        """What comes before every fault in a request: a token that opens nothing, a route that he may not know of."""
        if self.app.current_event.path.startswith(PREFIX) and not self.claims.is_operator(self._claims()):
            return NotFoundError()
        return self.by_token.wrong_with_token()

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


ROUTES = (
    # method, path, operation, what can be answered
    ("POST", "/v1/uploads", "create", {201: wire.CreatedUpload}),
    ("GET", "/v1/uploads", "list_uploads", {200: wire.UploadList}),
    ("GET", "/v1/uploads/<upload_id>", "get_upload", {200: wire.UploadView}),
    ("DELETE", "/v1/uploads/<upload_id>", "cancel", {202: wire.UploadView, 204: None}),
    ("GET", "/v1/uploads/<upload_id>/parts", "list_parts", {200: wire.PartList}),
    ("POST", "/v1/uploads/<upload_id>/parts", "sign_parts", {200: wire.SignedParts}),
    ("POST", "/v1/uploads/<upload_id>/progress", "report_progress", {200: wire.ReportedUpload, 202: wire.UploadView}),
    ("POST", "/v1/uploads/<upload_id>/complete", "complete", {200: wire.UploadView, 202: wire.UploadView}),
    ("POST", "/v1/uploads/<upload_id>/retry", "retry_upload", {202: wire.UploadView}),
    ("POST", "/v1/uploads/<upload_id>/token", "give_token", {201: wire.UploadToken}),
    ("DELETE", "/v1/uploads/<upload_id>/token", "revoke_token", {204: None}),
    ("GET", "/v1/files/<file_id>", "get_file", {200: file_wire.FileView}),
    ("GET", "/v1/files/<file_id>/url", "get_file_url", {200: file_wire.FileUrl}),
    ("DELETE", "/v1/files/<file_id>", "delete_file", {204: None}),
)


def attach(native: Native) -> None:
    """Put every route and every refusal of the native API on its resolver."""
    tables = (native, ROUTES), (native.by_token, BY_TOKEN), (native.for_operators, FOR_OPERATORS)
    for who, routes in tables:
        for method, path, operation, answers in routes:
            handler = getattr(who, operation)
            native.app.route(path, method, **document(operation, handler.__doc__, answers, STATUS))(handler)
    native.app.use([native.name_upload_in_logs])
    Refusals(native.app, native.uploads, STATUS, native.logger, native.wrong_with_who_asks).attach()


def _derived(principal: Principal, key: str | None) -> str | None:
    if key is None:
        return None
    if not key.isprintable() or not 1 <= len(key) <= 255:
        words = "Idempotency-Key must be 1 to 255 printable characters."
        raise Refused([Fault("idempotency-key", "malformed", words, 255, len(key))])
    return derived_id(principal.tenant, principal.owner, key)
