"""Resume from anywhere: whoever has the file and the owner's token goes on where another stopped, and never mixes two
files."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.faults.chaos.sender import PART_SIZE, FileChanged, Sender
from tests.faults.chaos.wire import Patience, Wire
from tests.stack.local_stack import MIB, LocalStack, file_of, published_sha256

THREE_PARTS = 2 * PART_SIZE + MIB


class Died(Exception):
    """A device that is gone, with everything it knew."""


@dataclass
class Device:
    """A client with nothing but a token and a file. `sent` has the numbers of the parts that it sent; it dies after
    so many."""

    stack: LocalStack
    path: Path
    lives_for: int = 99
    sent: list[int] = field(default_factory=list)

    def sender(self) -> Sender:
        wire = Wire(self.stack.api(), Patience(random.Random(1)))
        return Sender(wire, self.path, on_part=self._note)

    def _note(self, number: int) -> None:
        self.sent.append(number)
        if len(self.sent) >= self.lives_for:
            raise Died

    def goes_on(self) -> dict[str, Any]:
        """What it makes of an upload that it finds in the list of what is in progress."""
        sender = self.sender()
        upload_id = sender.find()
        assert upload_id, "no open upload of this file"
        return sender.go_on(upload_id)


def left_behind(stack: LocalStack, path: Path, after: int = 1) -> str:
    """The id of an upload whose device died after so many parts."""
    device = Device(stack, path, lives_for=after)
    with pytest.raises(Died):
        device.sender().send(path.name)
    upload_id = device.sender().find()
    assert upload_id
    return upload_id


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_device_sends_only_what_is_missing(stack: LocalStack, tmp_path: Path) -> None:
    """It finds the upload in the list, sends the parts that S3 does not hold, completes, and the file is whole."""
    path = file_of(tmp_path, THREE_PARTS, "from another device.bin")
    upload_id = left_behind(stack, path)
    second = Device(stack, path)
    view = second.goes_on()
    assert (view["id"], view["status"], second.sent) == (upload_id, "completed", [2, 3])
    assert published_sha256(stack.api(), upload_id) == sha256(path)


def test_a_device_that_died_before_complete_has_sent_everything(stack: LocalStack, tmp_path: Path) -> None:
    """The next one sends no byte: it compares and completes."""
    path = file_of(tmp_path, THREE_PARTS, "all but complete.bin")
    left_behind(stack, path, after=3)
    second = Device(stack, path)
    assert (second.goes_on()["status"], second.sent) == ("completed", [])


@pytest.mark.parametrize(
    "spoil",
    [lambda part: part[:-1] + bytes([part[-1] ^ 1]), lambda part: part[:-1]],
    ids=["another checksum", "another length"],
)
def test_a_part_that_is_not_the_files_is_sent_again(
    stack: LocalStack, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    """S3 holds a part 2, but not with the length and checksum that the file has: it is missing, and sent."""
    path = file_of(tmp_path, THREE_PARTS, f"spoilt {spoil(b'ab')!r}.bin")
    upload_id = left_behind(stack, path)
    plant(stack, upload_id, 2, spoil(path.read_bytes()[PART_SIZE : 2 * PART_SIZE]))
    second = Device(stack, path)
    assert (second.goes_on()["status"], second.sent) == ("completed", [2, 3])
    assert published_sha256(stack.api(), upload_id) == sha256(path)


@pytest.mark.parametrize("kept_size", [True, False], ids=["same size", "shorter"])
def test_a_changed_file_is_refused_before_a_byte_is_sent(stack: LocalStack, tmp_path: Path, kept_size: bool) -> None:
    """Size and checksum were declared: another content under the same name never becomes part of the upload."""
    path = file_of(tmp_path, THREE_PARTS, f"changed {kept_size}.bin")
    upload_id = left_behind(stack, path)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + (bytes([content[-1] ^ 1]) if kept_size else b""))
    second = Device(stack, path)
    with pytest.raises(FileChanged):
        second.sender().go_on(upload_id)
    assert second.sent == []
    held = stack.api().ask("GET", f"/v1/uploads/{upload_id}/parts")["parts"]
    assert [part["number"] for part in held] == [1]


def test_a_file_that_changes_while_it_is_sent_is_refused_by_s3(stack: LocalStack, tmp_path: Path) -> None:
    """The checksums of the first reading are in the URLs, so bytes of a later content are not taken."""
    path = file_of(tmp_path, THREE_PARTS, "changing.bin")
    content = path.read_bytes()
    device = Device(stack, path)
    sender = device.sender()

    def change(number: int) -> None:
        device.sent.append(number)
        path.write_bytes(content[:-1] + b"?")

    sender.on_part = change
    with pytest.raises(FileChanged):
        sender.send(path.name)
    assert device.sent == [1, 2]


def plant(stack: LocalStack, upload_id: str, number: int, body: bytes) -> None:
    """Put a part into S3 as nobody could through a signed URL with a checksum."""
    site = stack.site
    keys = {"aws_access_key_id": site["access_key"], "aws_secret_access_key": site["secret_key"]}
    style = Config(s3={"addressing_style": "path"})
    s3 = boto3.client("s3", endpoint_url=site["s3"], region_name=site["region"], config=style, **keys)
    (row,) = [
        row
        for row in s3.list_multipart_uploads(Bucket=site["incoming_bucket"])["Uploads"]
        if row["Key"].endswith(upload_id)
    ]
    s3.upload_part(
        Bucket=site["incoming_bucket"],
        Key=row["Key"],
        UploadId=row["UploadId"],
        PartNumber=number,
        Body=body,
        ChecksumAlgorithm="CRC64NVME",
    )
