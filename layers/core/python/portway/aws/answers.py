"""What AWS answers, translated once: error codes with a meaning for the use cases, everything else in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from portway.errors import PartsChanged, StoreAnswer, Unavailable, UploadGone


class Absent(StoreAnswer):
    """The thing that was asked for is certainly not there. Stays within `aws`."""

    code = "absent"


MEANINGS: Mapping[str, Mapping[str, type[StoreAnswer]]] = {
    "ListParts": {"NoSuchUpload": UploadGone},
    "CompleteMultipartUpload": {
        "NoSuchUpload": UploadGone,
        "InvalidPart": PartsChanged,
        "InvalidPartOrder": PartsChanged,
        "EntityTooSmall": PartsChanged,
        "InvalidRequest": PartsChanged,  # x-amz-mp-object-size is not the sum of the parts
        "BadDigest": PartsChanged,
    },
    "AbortMultipartUpload": {"NoSuchUpload": Absent},
    "HeadObject": {"404": Absent},  # a HEAD has no body, so no code; 403 decides nothing
    "GetObject": {"InvalidRange": Absent},
    "UploadPartCopy": {
        "NoSuchUpload": UploadGone,
        "NoSuchKey": PartsChanged,
        "NoSuchVersion": PartsChanged,
        "PreconditionFailed": PartsChanged,
    },
    "CopyObject": {"NoSuchKey": PartsChanged, "NoSuchVersion": PartsChanged, "PreconditionFailed": PartsChanged},
    "DeleteObject": {"NoSuchKey": Absent, "NoSuchVersion": Absent},
}
"""Operation, then error code. What is not listed is `Unavailable`: 5xx, throttling, time-outs, denials, own bugs."""


@contextmanager
def answers() -> Iterator[None]:
    """Inside, an SDK error becomes a StoreAnswer that names operation and code; the SDK's own is its cause."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        meaning = MEANINGS.get(error.operation_name, {}).get(code, Unavailable)
        raise meaning(f"{error.operation_name}: {code}") from error
    except BotoCoreError as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error
