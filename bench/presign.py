"""Signing part URLs, in batches of a thousand with signed length and checksum: microseconds of CPU for each.

The floor is what no signer in Python can leave out: one SHA-256 of the part's own end of the canonical request over a
copied state, its hex digest, and the two copied states of the HMAC. The peer is botocore's `generate_presigned_url`
(without awscrt, which would order the query differently). Ours is everything from a part number to a URL.
"""

from __future__ import annotations

import hashlib
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unittest import mock

import botocore.auth
from botocore.config import Config
from botocore.session import Session

from bench.bars import judged
from bench.timing import medians
from portway import presign
from portway.presign import Credentials, PartToSign, place_of

BATCH, PEER_BATCH, ROUNDS = 1000, 100, 15
TIMES_BOTOCORE, TIMES_FLOOR = 100, 2.5
AT = 1_767_225_600_000
REGION, BUCKET, SECONDS = "eu-central-1", "portway-incoming", 900
KEY, UPLOAD_ID = "in/0123456789abcdef/7ZK3M9Q2X4B6C8D0E1F5G7H9JA", "u" * 128
LENGTH, CHECKSUM, HEADER = 16 << 20, "rosUhgp5mIg=", "x-amz-checksum-crc64nvme"
CREDENTIALS = Credentials("ASIAEXAMPLEEXAMPLE00", "an example and no secret", "t" * 1000)


def ours(count: int = BATCH) -> deque[str]:
    """Sign `count` parts, and make their URLs one after another; the last one is kept."""
    parts = [PartToSign(number, LENGTH, CHECKSUM) for number in range(1, count + 1)]
    place = place_of(BUCKET, REGION)
    signed = presign.sign_parts(
        place, CREDENTIALS, KEY, UPLOAD_ID, parts, at=AT, seconds=SECONDS, checksum_header=HEADER
    )
    return deque(signed.urls(), maxlen=1)


def clock(**_: object) -> datetime:
    """botocore's clock, standing still."""
    return datetime.fromtimestamp(AT // 1000, UTC).replace(tzinfo=None)


def botocore_client() -> Any:
    session = Session()
    session.set_credentials(CREDENTIALS.access_key, CREDENTIALS.secret_key, CREDENTIALS.token)
    return session.create_client(
        "s3", REGION, config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )


def peer(client: Any, first: int = 1, count: int = PEER_BATCH) -> str:
    """The same by botocore; the last URL."""
    for number in range(first, first + count):
        params = {"Bucket": BUCKET, "Key": KEY, "UploadId": UPLOAD_ID, "PartNumber": number, "ContentLength": LENGTH}
        params |= {"ChecksumCRC64NVME": CHECKSUM}
        url: str = client.generate_presigned_url("upload_part", Params=params, ExpiresIn=SECONDS)
    return url


def ends() -> list[bytes]:
    """What differs from part to part in a canonical request, and everything behind it."""
    end = (
        f"&uploadId={UPLOAD_ID}\ncontent-length:{LENGTH}\nhost:{BUCKET}.s3.{REGION}.amazonaws.com\n{HEADER}:{CHECKSUM}"
        f"\n\ncontent-length;host;{HEADER}\nUNSIGNED-PAYLOAD"
    )
    return [f"{number}{end}".encode() for number in range(1, BATCH + 1)]


def floor(given: list[bytes]) -> str:
    """The hashing alone; the last signature."""
    prefix, inner, outer = (hashlib.sha256(text) for text in (b"p" * 1500, b"i" * 64, b"o" * 64))
    for end in given:
        request, key, signature = prefix.copy(), inner.copy(), outer.copy()
        request.update(end)
        key.update(request.hexdigest().encode())
        signature.update(key.digest())
        last = signature.hexdigest()
    return last


def rows(rounds: int = ROUNDS) -> list[str]:
    """Microseconds for each URL, and the ratios with their bars."""
    with (
        mock.patch.dict(botocore.auth.AUTH_TYPE_MAPS, {"s3v4-query": botocore.auth.S3SigV4QueryAuth}),
        mock.patch.object(botocore.auth, "get_current_datetime", clock),
    ):
        client = botocore_client()
        url = ours().pop()
        if url != peer(client, BATCH, 1):
            raise AssertionError(f"our URL is not botocore's, byte for byte:\n{url}\n{peer(client, BATCH, 1)}")
        taken = medians({"floor": partial(floor, ends()), "ours": ours, "botocore": partial(peer, client)}, rounds)
    each = {name: seconds * 1e6 / (PEER_BATCH if name == "botocore" else BATCH) for name, seconds in taken.items()}
    times_botocore, times_floor = each["botocore"] / each["ours"], each["ours"] / each["floor"]
    return [
        f"signed part URL of {len(url)} bytes, batch of {BATCH}, length and checksum signed (µs of CPU each)",
        f"  floor {each['floor']:.2f} · ours {each['ours']:.2f} · botocore {each['botocore']:.0f}",
        judged("  botocore/ours", f"{times_botocore:.0f}", f"≥ {TIMES_BOTOCORE}", times_botocore >= TIMES_BOTOCORE),
        judged("  ours/floor", f"{times_floor:.2f}", f"≤ {TIMES_FLOOR}", times_floor <= TIMES_FLOOR),
        "  byte-identical with botocore: checked",
    ]


def short() -> list[str]:
    return rows(rounds=1)
