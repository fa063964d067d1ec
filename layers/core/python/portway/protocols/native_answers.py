"""Refusals of the native API: every error becomes one problem document, with all faults of the request at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from pydantic import ValidationError

from portway.errors import Fault, Forbidden, PortwayError, Refused, StoreAnswer, Unauthorized
from portway.ids import LENGTH
from portway.protocols.native_documents import OUTSIDE
from portway.protocols.native_wire import CreateUpload
from portway.protocols.native_words import form_fault
from portway.protocols.problems import invalid, of_error, problem
from portway.uploads import Uploads

NEUTRAL = {"name": "file", "size": 0, "content_type": "application/octet-stream"}
"""Stand-ins for required fields of a wrong type, so that the rules can still be asked about the others."""
FIXED = {
    RequestUnsupportedContentType: ("unsupported_media_type", "Send the body as application/json."),
    NotFoundError: ("no_such_route", "There is no such route or method; see the OpenAPI document."),
    UnicodeDecodeError: ("malformed_json", "The body is not UTF-8. Send one JSON object."),
    RecursionError: ("malformed_json", "The body is nested too deeply. Send one flat JSON object."),
}


@dataclass(frozen=True, slots=True)
class Refusals:
    """`first` is what is wrong with who asks: whoever may not ask learns nothing about the rest of his request."""

    app: APIGatewayHttpResolver
    uploads: Uploads
    statuses: Mapping[str, int]
    logger: Logger
    first: Callable[[], Exception | None]

    def attach(self) -> None:
        """Register the answer for every way in which a request can fail."""
        for kind in (PortwayError, RequestValidationError, Exception, *FIXED):
            self.app.exception_handler(kind)(self.answered)

    def answered(self, error: Exception) -> Response[str]:
        if not isinstance(error, Unauthorized | Forbidden):
            error = self.first() or error
        match error:
            case PortwayError():
                return self.refused(error)
            case RequestValidationError():
                return self.invalid(error)
        return self.fixed(error) if type(error) in FIXED else self.bug(error)

    def refused(self, error: PortwayError) -> Response[str]:
        if isinstance(error, StoreAnswer):
            self.logger.warning("a store did not answer", code=error.code, words=str(error))
        elif error.code in self.statuses:
            self._log(error.code, error.faults if isinstance(error, Refused) else ())
        else:  # nothing that a client could do anything about
            return self.bug(error)
        return of_error(error, self.statuses)

    def invalid(self, error: RequestValidationError) -> Response[str]:
        if any(fault["type"] == "json_invalid" for fault in error.errors()):
            self._log("malformed_json")
            words = "The body is not JSON. Send one JSON object."
            return problem(OUTSIDE["malformed_json"], "malformed_json", words)
        found = [form_fault(fault) for fault in error.errors()]
        event = self.app.current_event
        if (event.http_method, event.path) == ("POST", "/v1/uploads"):
            found += _rule_faults(self.uploads, event.json_body, {fault.field for fault in found})
        self._log(Refused.code, found)
        return invalid(found, self.statuses)

    def fixed(self, error: Exception) -> Response[str]:
        code, words = FIXED[type(error)]
        self._log(code)
        return problem(OUTSIDE[code], code, words)

    def bug(self, error: Exception) -> Response[str]:
        self.logger.exception("unexpected error", error=type(error).__name__)
        words = "Something went wrong on our side; it was logged. Try again."
        return problem(OUTSIDE["internal"], "internal", words, retryable=True)

    def _log(self, code: str, faults: Sequence[Fault] = ()) -> None:
        """One line for each refusal; a request that was not valid came no further than here, without its upload."""
        said: dict[str, Any] = {"code": code}
        if upload_id := upload_in_path(self.app):
            said["upload_id"] = upload_id
        if faults:
            said["fields"] = [fault.field[:100] for fault in faults[:10]]
        self.logger.info("refused", **said)


def upload_in_path(app: APIGatewayHttpResolver) -> str | None:
    """The id in the path of the request as it was sent, but no longer than an id: somebody may send a token there."""
    given = app.context.get("_route_args", {})
    found: str | None = given.get("upload_id") or given.get("file_id")
    return found and found[:LENGTH]


def _rule_faults(uploads: Uploads, body: Any, known: set[str]) -> list[Fault]:
    """What the rules say about those fields of a create request that have the right type."""
    if not isinstance(body, dict):
        return []
    wrong = {field.partition(".")[0] for field in known}
    fields = {name: value for name, value in body.items() if name not in wrong}
    try:
        wanted = CreateUpload.model_validate({**NEUTRAL, **fields})
    except ValidationError:
        return []
    found = uploads.faults(wanted.declaration(uploads.default_category))
    return [fault for fault in found if fault.field.partition(".")[0] not in wrong]
