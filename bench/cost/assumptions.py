"""What is not counted but assumed, each with its reason. docs/cost.md says which results rest on them."""

from __future__ import annotations

from collections.abc import Mapping

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

WAIT_MS: Mapping[str, float] = {
    "GetItem": 4,
    "Query": 5,
    "BatchGetItem": 6,
    "PutItem": 6,
    "UpdateItem": 6,
    "BatchWriteItem": 8,
    "TransactWriteItems": 15,
    "HeadObject": 20,
    "GetObject": 30,
    "PutObject": 40,
    "DeleteObject": 20,
    "DeleteObjects": 30,
    "CreateMultipartUpload": 30,
    "ListParts": 30,
    "ListMultipartUploads": 30,
    "ListObjectVersions": 30,
    "AbortMultipartUpload": 30,
    "CompleteMultipartUpload": 200,
    "CopyObject": 60,
    "UploadPartCopy": 60,
    "PutEvents": 20,
}
"""How long a function waits for an answer within one region: usual figures, not measured by us on AWS."""
COPY_BYTES_PER_SECOND = 150 * MIB
"""How fast S3 copies within one region in one request. The one wait that grows with the file."""
COPIES, COPY_BYTES, COPIES_AT_ONCE = ("CopyObject", "UploadPartCopy"), GIB, 10
"""Requests that copy, what one of them copies at most, and how many do so at the same time (portway/copying.py)."""
FULL_CPU_MIB = 1769
"""A function of so much memory has one CPU (Lambda developer guide, "Configure Lambda function memory")."""
COLD_SHARE, COLD_MS = 0.01, 800
"""One invocation of a hundred starts a new environment, and its initialisation is billed as well."""

POLLS = 4
"""How often a client asks for the status until it is published: after 0.2 s, then after ever longer pauses."""
PLATFORM_LOG_BYTES, EVENT_OVERHEAD = 320, 26
"""START, END and REPORT of one invocation; what CloudWatch adds to each event (CloudWatch Logs API, PutLogEvents)."""
PLATFORM_LOG_EVENTS, ACCESS_LOG_BYTES = 3, 300
API_UNIT = 512 * KIB
"""What an HTTP API meters as one request (API Gateway pricing page)."""

SQS_PER_MESSAGE = 3
"""Sent by the rule, received and deleted by Lambda's poller; one message a batch, as the template says."""
POLLERS, POLL_SECONDS = 5, 20
"""Lambda keeps five long polls of 20 s open on a queue with nothing in it (Lambda developer guide, "Using Lambda with
Amazon SQS"; the length is SQS's longest)."""
MONTH_SECONDS = 2_629_800
"""A twelfth of 365.25 days."""
RELAY_BYTES_PER_SECOND = 90 * MIB
"""Bytes that pass through a function, or are read by it."""
TUS_CHUNK, RELAY_CHUNK = 4 * MIB, 4.25 * MIB
"""What fits into one request of a function: 6 MB, of which base64 takes a quarter."""
RELAY_WAIT_MS, RELAY_MIB = 60, 1024
"""Of one chunk: the record is read and written, S3 has taken the bytes."""
SERVER_PART, SERVER_VCPU, SERVER_GB, SERVER_ADDRESSES = 50 * MIB, 0.25, 0.5, 3
"""tusd's preferred part; the smallest task of Fargate, its address and two of its load balancer."""
SCAN_CHUNK, CLAMD_VCPU, CLAMD_GB = 4 * MIB, 1, 4
"""What clamd is sent at once, and what it runs on (portway/reader.py, examples/clamd/service.yaml)."""
SNAPSHOT_GB = 1.0
"""A snapshot is billed by the memory of the function."""
