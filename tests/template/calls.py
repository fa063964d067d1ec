"""What botocore calls and signed URLs ask of IAM: the rights that AWS looks for, by operation.

Source: Service Authorization Reference and the permission sections of the S3 API reference, as far as Portway calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

from tests.template.iam import Ask
from tests.template.stack import PLACE

Params = Mapping[str, Any]


def _bucket(params: Params) -> str:
    return f"arn:aws:s3:::{params['Bucket']}"


def _key(params: Params) -> str:
    return f"{_bucket(params)}/{params['Key']}"


def _on_key(action: str) -> Callable[[Params], Iterator[Ask]]:
    return lambda params: iter([Ask(f"s3:{action}", _key(params))])


def _on_prefix(action: str) -> Callable[[Params], Iterator[Ask]]:
    return lambda params: iter([Ask(f"s3:{action}", _bucket(params), {"s3:prefix": params.get("Prefix", "")})])


def _read(params: Params) -> Iterator[Ask]:
    yield Ask("s3:GetObjectVersion" if "VersionId" in params else "s3:GetObject", _key(params))


def _head(params: Params) -> Iterator[Ask]:
    """Without s3:ListBucket a missing key is 403, and Portway could not tell "absent" from "unknown"."""
    yield from _read(params)
    yield Ask("s3:ListBucket", _bucket(params))


def _copy(params: Params) -> Iterator[Ask]:
    yield from _read(params["CopySource"])
    yield Ask("s3:PutObject", _key(params))


def _delete(params: Params) -> Iterator[Ask]:
    yield Ask("s3:DeleteObjectVersion" if "VersionId" in params else "s3:DeleteObject", _key(params))


def _delete_many(params: Params) -> Iterator[Ask]:
    for one in params["Delete"]["Objects"]:
        yield from _delete({"Bucket": params["Bucket"], **one})


def _table(name: str) -> str:
    return PLACE.arn("dynamodb", f"table/{name}")


def _on_table(action: str) -> Callable[[Params], Iterator[Ask]]:
    return lambda params: iter([Ask(f"dynamodb:{action}", _table(params["TableName"]))])


def _on_tables(action: str) -> Callable[[Params], Iterator[Ask]]:
    return lambda params: (Ask(f"dynamodb:{action}", _table(name)) for name in params["RequestItems"])


def _query(params: Params) -> Iterator[Ask]:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    yield Ask("dynamodb:Query", _table(params["TableName"]) + index)


def _transact(params: Params) -> Iterator[Ask]:
    for item in params["TransactItems"]:
        ((kind, body),) = item.items()
        yield Ask(
            f"dynamodb:{'ConditionCheckItem' if kind == 'ConditionCheck' else kind + 'Item'}", _table(body["TableName"])
        )


def _function(name: str) -> str:
    return name if ":" in name else PLACE.arn("lambda", f"function:{name}")


def _put_events(params: Params) -> Iterator[Ask]:
    for entry in params["Entries"]:
        yield Ask("events:PutEvents", PLACE.arn("events", f"event-bus/{entry['EventBusName']}"))


ASKS: Mapping[str, Callable[[Params], Iterator[Ask]]] = {
    "CreateMultipartUpload": _on_key("PutObject"),
    "CompleteMultipartUpload": _on_key("PutObject"),
    "AbortMultipartUpload": _on_key("AbortMultipartUpload"),
    "ListParts": _on_key("ListMultipartUploadParts"),
    "ListMultipartUploads": _on_prefix("ListBucketMultipartUploads"),
    "ListObjectVersions": _on_prefix("ListBucketVersions"),
    "HeadObject": _head,
    "GetObject": _read,
    "PutObject": _on_key("PutObject"),
    "CopyObject": _copy,
    "UploadPartCopy": _copy,
    "DeleteObject": _delete,
    "DeleteObjects": _delete_many,
    "GetItem": _on_table("GetItem"),
    "PutItem": _on_table("PutItem"),
    "UpdateItem": _on_table("UpdateItem"),
    "BatchGetItem": _on_tables("BatchGetItem"),
    "BatchWriteItem": _on_tables("BatchWriteItem"),
    "TransactWriteItems": _transact,
    "Query": _query,
    "Invoke": lambda params: iter([Ask("lambda:InvokeFunction", _function(params["FunctionName"]))]),
    "SendObjectMalwareScan": lambda _: iter([Ask("guardduty:SendObjectMalwareScan", "*")]),
    "GetSecretValue": lambda params: iter([Ask("secretsmanager:GetSecretValue", params["SecretId"])]),
    "PutEvents": _put_events,
    "AssumeRole": lambda params: iter([Ask("sts:AssumeRole", params["RoleArn"])]),
}
"""An operation that is not here is a KeyError: nobody calls AWS in a new way without saying what it needs."""


class Killed(BaseException):
    """The function is gone: out of memory, out of time."""


@dataclass(slots=True)
class Recorder:
    """Every right that the clients of one session, and the URLs that were signed, ask for."""

    asked: list[Ask] = field(default_factory=list)
    _refused: dict[str, tuple[str, int]] = field(default_factory=dict)
    _deadly: set[str] = field(default_factory=set)

    def session(self) -> Session:
        """A session whose clients are recorded."""
        session = Session()
        session.register("provide-client-params", self._called)
        session.register("before-call", self._answered)
        return session

    @contextmanager
    def refusing(self, operation: str, code: str, status: int) -> Iterator[None]:
        """While it lasts, AWS answers this operation with an error instead of doing it."""
        self._refused[operation] = (code, status)
        yield
        del self._refused[operation]

    @contextmanager
    def killing(self, operation: str) -> Iterator[None]:
        """While it lasts, the function dies before this operation."""
        self._deadly.add(operation)
        yield
        self._deadly.remove(operation)

    def _called(self, **call: Any) -> None:
        self.asked += ASKS[call["model"].name](call["params"])

    def _answered(self, **call: Any) -> Any:
        if call["model"].name in self._deadly:
            raise Killed
        if call["model"].name not in self._refused:
            return None
        code, status = self._refused[call["model"].name]
        error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse("", status, HTTPHeaders(), None), error

    def url(self, method: str, url: str) -> None:
        """A signed URL asks when somebody uses it, with the rights of who signed it."""
        parts = urlsplit(url)
        bucket = parts.netloc.partition(".")[0]
        params = {"Bucket": bucket, "Key": parts.path.lstrip("/")}
        if "versionId" in parse_qs(parts.query):
            params["VersionId"] = parse_qs(parts.query)["versionId"][0]
        self.asked += {"PUT": _on_key("PutObject"), "GET": _read}[method](params)
