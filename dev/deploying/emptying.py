"""`python -m dev.deploying.emptying BUCKET`: a bucket for good, with every version and every unfinished upload.

Asks for its name again. For what a removed stack has left, and nobody wants any more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dev import stacks


def emptied(s3: Any, bucket: str) -> int:
    """How many versions and delete markers were deleted."""
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        count += len(keys)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return count


def main(
    arguments: Sequence[str], session: Callable[[], Any] = stacks.session, ask: Callable[[str], str] | None = None
) -> int:
    """Exit code: 0 gone, 1 not."""
    (bucket,) = arguments
    ask = ask or (input if sys.stdin.isatty() else None)
    if ask is None or ask(f"Every version of every object in {bucket} is deleted for ever. Its name again: ") != bucket:
        print("Nothing was deleted.", file=sys.stderr)
        return 1
    s3 = session().client("s3")
    try:
        print(f"{emptied(s3, bucket)} versions deleted")
        s3.delete_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
