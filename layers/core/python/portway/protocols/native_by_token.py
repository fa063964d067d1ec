"""The routes of a token: what its holder may ask about its one upload. The token names the upload, no path has an id.

The gateway asks for no JWT on these routes, and on no other (template.yaml): the token alone says here who asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from portway.capabilities import Capabilities
from portway.errors import NotFound, PortwayError, Unauthorized
from portway.model import Principal
from portway.protocols import native_wire as wire
from portway.protocols.counts import count
from portway.protocols.native_steps import AfterPart, MostParts, Steps, ToComplete, ToReport, ToSign

PREFIX = "/v1/capability"


@dataclass(frozen=True, slots=True)
class ByToken:
    """The steps of an upload for whoever holds its token. Nothing here cancels, lists, downloads or gives tokens."""

    app: APIGatewayHttpResolver
    capabilities: Capabilities
    steps: Steps
    logger: Logger

    def get_upload_by_token(self) -> Response[str]:
        """Where the upload stands, as its owner is told. While it is open, `missing` says what to send."""
        return self._ask(self.steps.status)

    def list_parts_by_token(self, cursor: AfterPart = 0, limit: MostParts = 1000) -> Response[str]:
        """The parts that S3 holds, ascending."""
        return self._ask(self.steps.parts, cursor, limit)

    def sign_parts_by_token(self, body: ToSign) -> Response[str]:
        """Sign parts, as the owner does and at the owner's rate. The URLs themselves need no token."""
        return self._ask(self.steps.sign, body)

    def report_progress_by_token(self, body: ToReport) -> Response[str]:
        """Say which parts are stored, in bundles: a hint to those who look. It completes an `auto_complete` upload."""
        return self._ask(self.steps.report, body)

    def complete_by_token(self, body: ToComplete = None) -> Response[str]:
        """Have S3 put the parts together. 200: stored. 202: S3 is still at it; ask the status after Retry-After."""
        return self._ask(self.steps.complete, body)

    def wrong_with_token(self) -> PortwayError | None:
        """What the token of a request on these routes is refused for; None for a good one, and on other routes."""
        path = self.app.current_event.path
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return None
        try:
            self._holder()
        except PortwayError as error:
            return error
        return None

    def _ask(self, step: Callable[..., Response[str]], *asked: object) -> Response[str]:
        try:
            return step(*self._holder(), *asked)
        except NotFound as collected:  # its record went while it was asked about
            raise Unauthorized from collected

    def _holder(self) -> tuple[Principal, str]:
        """In whose name, and on which upload; verified once for each request, and written to its log lines."""
        event = self.app.current_event
        asked, found = self.app.context.get("holder", (None, None))
        if asked is not event:
            found = self._verified(event.headers.get("authorization"))
            self.app.append_context(holder=(event, found))
            self.logger.append_keys(upload_id=found[1])
        holder: tuple[Principal, str] = found
        return holder

    def _verified(self, header: str | None) -> tuple[Principal, str]:
        try:
            return self.capabilities.holder(_bearer(header))
        except Unauthorized:
            count("TokensRefused")
            raise


ROUTES = (
    # method, path, operation, what can be answered
    ("GET", PREFIX, "get_upload_by_token", {200: wire.UploadView}),
    ("GET", f"{PREFIX}/parts", "list_parts_by_token", {200: wire.PartList}),
    ("POST", f"{PREFIX}/parts", "sign_parts_by_token", {200: wire.SignedParts}),
    ("POST", f"{PREFIX}/progress", "report_progress_by_token", {200: wire.ReportedUpload, 202: wire.UploadView}),
    ("POST", f"{PREFIX}/complete", "complete_by_token", {200: wire.UploadView, 202: wire.UploadView}),
)


def _bearer(header: str | None) -> str:
    """The token of an Authorization header; empty for any other credential."""
    kind, _, token = (header or "").partition(" ")
    return token if kind.lower() == "bearer" else ""
