"""Which operation a request is: one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dev.s3 import buckets, copies, forms, listings, multipart, objects, reads
from dev.s3.buckets import SUB_RESOURCES, deleter, getter, putter
from dev.s3.call import Call, Handler
from dev.s3.refused import Refused

SELECTORS = {  # query parameters that select an operation; others only modify one
    *("abac", "accelerate", "acl", "analytics", "annotation", "append", "attributes", "cors", "delete", "encryption"),
    *("intelligent-tiering", "inventory", "legal-hold", "lifecycle", "list-type", "location", "logging"),
    *("metadataConfiguration", "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics"),
    *(
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
    ),
    *("replication", "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "uploadId"),
    *("uploads", "versioning", "versions", "website"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One row: S3's name, what a request must look like, the permission it needs, and who does it.

    `level` is service, bucket or object; `query` the selectors; `marker` a header that must (or, with `!`, must not)
    be there. Where a `versionId` is given, the permission is `action` + "Version". Without an `action` the
    handler asks.
    """

    name: str
    method: str
    level: str
    query: frozenset[str]
    action: str
    handler: Handler
    marker: str = ""

    def fits(self, method: str, level: str, query: frozenset[str], call: Call) -> bool:
        name = self.marker.removeprefix("!")
        wanted = not self.marker.startswith("!")
        is_marked = not name or (name in call.headers) == wanted
        return (self.method, self.level, self.query) == (method, level, query) and is_marked

    def permissions(self, call: Call) -> Iterator[str]:
        """What the signer must be allowed."""
        if self.action:
            action = self.action.replace("Object", "Object" + ("Version" if call.query.get("versionId") else ""), 1)
            yield f"s3:{action}"
        if self.action == "PutObject" and "x-amz-tagging" in call.headers:
            yield "s3:PutObjectTagging"


def _row(
    name: str, method: str, level: str, query: str, action: str, handler: Handler, *, marker: str = ""
) -> Operation:
    return Operation(name, method, level, frozenset(query.split()), action, handler, marker)


def _sub_resources() -> Iterator[Operation]:
    odd = {
        "lifecycle": "BucketLifecycleConfiguration",
        "notification": "BucketNotificationConfiguration",
        "publicAccessBlock": "PublicAccessBlock",
    }
    for name in SUB_RESOURCES:
        words = odd.get(name, f"Bucket{name[0].upper()}{name[1:]}")
        yield _row(f"Get{words}", "GET", "bucket", name, f"Get{words}", getter(name))
        yield _row(f"Put{words}", "PUT", "bucket", name, f"Put{words}", putter(name))
        if name not in ("versioning", "notification"):
            yield _row(f"Delete{words}", "DELETE", "bucket", name, f"Put{words}", deleter(name))


COPY = "x-amz-copy-source"
OPERATIONS = (
    _row("ListBuckets", "GET", "service", "", "ListAllMyBuckets", buckets.list_all),
    _row("CreateBucket", "PUT", "bucket", "", "CreateBucket", buckets.create),
    _row("HeadBucket", "HEAD", "bucket", "", "ListBucket", buckets.head),
    _row("DeleteBucket", "DELETE", "bucket", "", "DeleteBucket", buckets.delete),
    _row("GetBucketLocation", "GET", "bucket", "location", "GetBucketLocation", buckets.location),
    *_sub_resources(),
    _row("ListObjectsV2", "GET", "bucket", "list-type", "ListBucket", listings.list_objects),
    _row("ListObjectVersions", "GET", "bucket", "versions", "ListBucketVersions", listings.list_versions),
    _row("ListMultipartUploads", "GET", "bucket", "uploads", "ListBucketMultipartUploads", listings.list_uploads),
    _row("DeleteObjects", "POST", "bucket", "delete", "", objects.delete_many),
    _row("PostObject", "POST", "bucket", "", "PutObject", forms.post),
    _row("PutObject", "PUT", "object", "", "PutObject", objects.put, marker=f"!{COPY}"),
    _row("CopyObject", "PUT", "object", "", "PutObject", copies.copy_object, marker=COPY),
    _row("GetObject", "GET", "object", "", "GetObject", reads.get),
    _row("HeadObject", "HEAD", "object", "", "GetObject", reads.head),
    _row("DeleteObject", "DELETE", "object", "", "DeleteObject", objects.delete),
    _row("GetObjectAttributes", "GET", "object", "attributes", "GetObjectAttributes", reads.attributes),
    _row("GetObjectTagging", "GET", "object", "tagging", "GetObjectTagging", objects.get_tagging),
    _row("PutObjectTagging", "PUT", "object", "tagging", "PutObjectTagging", objects.put_tagging),
    _row("DeleteObjectTagging", "DELETE", "object", "tagging", "DeleteObjectTagging", objects.delete_tagging),
    _row("CreateMultipartUpload", "POST", "object", "uploads", "PutObject", multipart.create),
    _row("UploadPart", "PUT", "object", "uploadId", "PutObject", multipart.upload_part, marker=f"!{COPY}"),
    _row("UploadPartCopy", "PUT", "object", "uploadId", "PutObject", copies.upload_part_copy, marker=COPY),
    _row("ListParts", "GET", "object", "uploadId", "ListMultipartUploadParts", multipart.list_parts),
    _row("CompleteMultipartUpload", "POST", "object", "uploadId", "PutObject", multipart.complete),
    _row("AbortMultipartUpload", "DELETE", "object", "uploadId", "AbortMultipartUpload", multipart.abort),
)


def find(call: Call) -> Operation:
    """The row that the call fits; Refused NotImplemented naming what it asks for."""
    level = "object" if call.key else "bucket" if call.bucket else "service"
    chosen = frozenset(SELECTORS.intersection(call.query))
    method = call.request.method
    for operation in OPERATIONS:
        if operation.fits(method, level, chosen, call):
            return operation
    asked = " ".join([method, level, *(f"?{name}" for name in sorted(chosen))])
    raise Refused(501, "NotImplemented", f"This endpoint does not implement the operation {asked}.", Operation=asked)
