"""The routes of operators, over all tenants: what there is, and the quarantine desk. To others they do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from portway.decisions import Action
from portway.model import Principal, Upload, Word
from portway.operators import Asked, Operators
from portway.ports import Clock
from portway.protocols import native_operator_views as views
from portway.protocols import native_operator_wire as wire
from portway.protocols.counts import count
from portway.protocols.native_file_wire import FileUrl
from portway.protocols.native_steps import answer
from portway.protocols.native_views import file_url
from portway.quarantine import Quarantine
from portway.verdicts import Reason

PREFIX = "/v1/operator/"
SWEEP_SECONDS = 60
"""When it is worth asking again about what the sweeper does."""
UploadId = Annotated[str, Path(description="Anybody's")]
Explained = Annotated[wire.Explain, Body()]


@dataclass(frozen=True, slots=True)
class ForOperators:
    """`principal` is who asks; for whoever is no operator it ends the request."""

    app: APIGatewayHttpResolver
    operators: Operators
    quarantine: Quarantine
    principal: Callable[[], Principal]
    now: Clock
    logger: Logger

    def list_all_uploads(
        self,
        status: Annotated[Word | None, Query(description="Only uploads with this status")] = None,
        reason: Annotated[
            Reason | None,
            Query(description="Only what failed for this reason, such as `in_review`, and is there"),
        ] = None,
        tenant: Annotated[str | None, Query(description="Only uploads of this tenant")] = None,
        owner: Annotated[str | None, Query(description="Only uploads of this owner; name the tenant too")] = None,
        cursor: Annotated[str | None, Query(description="From the page before")] = None,
    ) -> Response[str]:
        """Everybody's uploads, newest first, for operators; for others there is no such route.

        With `reason=in_review` it is what waits for a decision. A page may be empty although more follow: go on while
        there is a cursor.
        """
        asked = Asked(tenant, owner, status, reason)
        return answer(200, views.operator_list(self.operators.uploads(self._operator(), asked, cursor)))

    def get_any_upload(self, upload_id: UploadId) -> Response[str]:
        """One upload's whole story: record, verdict with everything that was found, decisions, stored object."""
        return answer(200, views.story(self.quarantine.story(self._operator(), upload_id), self.now()))

    def get_any_url(self, upload_id: UploadId) -> Response[str]:
        """A signed URL that downloads a file in quarantine, to look at it in a safe place. It lives two minutes.

        The file comes as an attachment of no type, under a name that no program opens by itself. Who asked is written
        down.
        """
        operator = self._operator()
        link = self.quarantine.link(operator, upload_id)
        self.logger.info("quarantined file given out", operator=operator.owner)
        count("QuarantineDownloads")
        return answer(200, file_url(link))

    def release_any_upload(self, upload_id: UploadId, body: Explained) -> Response[str]:
        """Have a file in quarantine published all the same: the next sweep does it, by what inspection found.

        Not for malware, nor for what nobody could inspect: have that inspected again. Repeating the request is fine;
        another decision than the one that was made is 409.
        """
        return self._decided(upload_id, Action.RELEASE, body)

    def reject_any_upload(self, upload_id: UploadId, body: Explained) -> Response[str]:
        """Have a file that waits for a decision rejected: the next sweep tells its owner. Its bytes are kept."""
        return self._decided(upload_id, Action.REJECT, body)

    def retry_any_upload(self, upload_id: UploadId, body: Explained) -> Response[str]:
        """Have anybody's quarantined file inspected again, whatever the reason.

        The next sweep inspects it by the policy of today, and the old verdict counts no more.
        """
        return self._decided(upload_id, Action.INSPECT, body)

    def remove_any_upload(self, upload_id: UploadId, body: Explained) -> Response[str]:
        """Remove every version of anybody's file, published or in quarantine, and give its quota back."""
        operator = self._operator()
        self._log(self.quarantine.remove(operator, upload_id, body.why), operator, Action.REMOVE)
        return Response(204, body="")

    def _decided(self, upload_id: str, action: Action, body: wire.Explain) -> Response[str]:
        operator = self._operator()
        upload = self.quarantine.decide(operator, upload_id, action, body.why)
        self._log(upload, operator, action)
        view = views.story(upload, self.now())
        return answer(200, view) if upload.is_terminal else answer(202, view, {"Retry-After": str(SWEEP_SECONDS)})

    def _log(self, upload: Upload, operator: Principal, action: Action) -> None:
        """Who did what to which upload. Why is in the record: people are named there."""
        self.logger.info("decided", action=action.value, operator=operator.owner, lease=upload.lease)
        count("DecisionsMade")

    def _operator(self) -> Principal:
        principal = self.principal()
        if not principal.is_operator:
            raise NotFoundError
        return principal


DECIDED: dict[int, Any] = {200: wire.UploadStory, 202: wire.UploadStory}
ROUTES = (
    # method, path, operation, what can be answered
    ("GET", f"{PREFIX}uploads", "list_all_uploads", {200: wire.OperatorList}),
    ("GET", f"{PREFIX}uploads/<upload_id>", "get_any_upload", {200: wire.UploadStory}),
    ("GET", f"{PREFIX}uploads/<upload_id>/url", "get_any_url", {200: FileUrl}),
    ("POST", f"{PREFIX}uploads/<upload_id>/release", "release_any_upload", DECIDED),
    ("POST", f"{PREFIX}uploads/<upload_id>/reject", "reject_any_upload", DECIDED),
    ("POST", f"{PREFIX}uploads/<upload_id>/retry", "retry_any_upload", DECIDED),
    ("POST", f"{PREFIX}uploads/<upload_id>/remove", "remove_any_upload", {204: None}),
)
