"""The demo and the small client of tests: any file name, checksums in one pass, honest progress."""

from __future__ import annotations

import base64
import hashlib
import io
import mimetypes
import os
import wave
from pathlib import Path

import pytest
from awscrt.checksums import crc64nvme

from dev.bar import Bar, size_text
from dev.client import Refused, Reply, declaration, sendable_name
from dev.config import BadChoice, Config
from dev.samples import music
from dev.transfer import digests
from portway.media_types import EXTENSIONS, contradiction
from portway.names import name_faults

MIB = 1 << 20


@pytest.mark.parametrize(
    ("on_disk", "sent"),
    [
        (b"plain.txt", "plain.txt"),
        ("Grüße 你好 👩‍🚀.wav".encode(), "Grüße 你好 👩‍🚀.wav"),
        (b'with "quotes" and <tags>.txt', 'with "quotes" and <tags>.txt'),
        (b".hidden", ".hidden"),
        (b"bad\xffbyte.txt", "bad\ufffdbyte.txt"),
        (b"control\x01\x1f.txt", "control.txt"),
        ("evil\u202etxt.exe".encode(), "eviltxt.exe"),
        (b"back\\slash.txt", "slash.txt"),
    ],
)
def test_any_name_on_disk_can_be_sent(on_disk: bytes, sent: str) -> None:
    """A name stays as it is if the API takes it, and is cleaned if not."""
    name = sendable_name(Path("folder") / os.fsdecode(on_disk))
    assert (name, name_faults(name)) == (sent, [])


def test_a_name_that_is_too_long_keeps_its_extension() -> None:
    """255 bytes on disk may be too long for nobody; a longer one is cut before the extension."""
    name = sendable_name(Path("x" * 300 + ".tar"))
    assert name.endswith(".tar")
    assert name_faults(name) == []


def test_no_name_contradicts_the_type_that_the_client_made_of_it(tmp_path: Path) -> None:
    """Whatever this machine calls its files: the inspectors find nothing odd in a type that the client guessed."""
    mimetypes.add_type("text/strange", ".wav")
    try:
        for extension in EXTENSIONS:
            path = tmp_path / f"a{extension}"
            path.touch()
            assert contradiction(declaration(path)["content_type"], extension[1:]) is None
    finally:
        mimetypes.init()


def test_a_file_is_declared_by_its_name(tmp_path: Path) -> None:
    """Size from the disk, type from the name, octet-stream where the name says nothing."""
    for name, kind in {
        "a.PNG": "image/png",
        "a.unknown": "application/octet-stream",
        "README": "application/octet-stream",
        "a.tar.gz": "application/gzip",
    }.items():
        path = tmp_path / name
        path.write_bytes(b"12345")
        assert declaration(path) == {"name": name, "size": 5, "content_type": kind}


@pytest.mark.parametrize("size", [0, 1, 3 * MIB - 1, 3 * MIB, 3 * MIB + 1, 7 * MIB + 5])
def test_one_pass_gives_every_checksum(tmp_path: Path, size: int) -> None:
    """CRC64NVME of each part and of the whole, and SHA-256, are what a naive computation says."""
    content = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(content)
    found = digests(path, 3 * MIB)
    cut = [content[at : at + 3 * MIB] for at in range(0, size, 3 * MIB)] or [b""]
    assert list(found.crcs) == [_text(part) for part in cut]
    assert found.crc == _text(content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def _text(content: bytes) -> str:
    return base64.b64encode(crc64nvme(content).to_bytes(8, "big")).decode()


def test_the_sample_is_real_music_and_always_the_same(tmp_path: Path) -> None:
    """A WAV that players take, byte for byte the same every time."""
    one, two = music(tmp_path / "1.wav", 4), music(tmp_path / "2.wav", 4)
    assert one.read_bytes() == two.read_bytes()
    with wave.open(str(one)) as file:
        assert file.getnframes() / file.getframerate() == 4.0
        assert any(file.readframes(1000))


def test_progress_without_a_terminal_is_a_few_lines() -> None:
    """A log gets a line every quarter and one at the end, however many pieces there are."""
    out = io.StringIO()
    with Bar(1000, out) as bar:
        for count in range(1, 101):
            bar.reach(10 * count)
    lines = out.getvalue().splitlines()
    assert ["25 %" in lines[0], "50 %" in lines[1], "75 %" in lines[2], "100 %" in lines[3]] == [True] * 4
    assert len(lines) == 4
    with Bar(0, out) as bar:
        bar.reach(0)
    assert "100 %  0 bytes of 0 bytes" in out.getvalue()


def test_sizes_read_well() -> None:
    """Bytes in the unit that people would use."""
    assert [size_text(n) for n in (1, 999, 1000, 21_168_044, 5 << 30)] == [
        "1 bytes",
        "999 bytes",
        "1.0 KB",
        "21.2 MB",
        "5.4 GB",
    ]


def test_a_refusal_says_what_the_api_said() -> None:
    """The problem's code and explanation are in the message; the gateway's own refusals have a message too."""
    problem = {"code": "invalid_request", "detail": "size is too large."}
    assert str(Refused(Reply(413, {}, problem))) == "413 invalid_request: size is too large."
    assert str(Refused(Reply(401, {}, {"message": "Unauthorized"}))) == "401: Unauthorized"
    assert str(Refused(Reply(502, {}, b"?"))) == "502: no explanation"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PORTWAY_PORT": "70000"}, "PORTWAY_PORT is '70000'"),
        ({"PORTWAY_S3_PORT": "http"}, "PORTWAY_S3_PORT"),
        ({"PORTWAY_SWEEP_SECONDS": "often"}, "PORTWAY_SWEEP_SECONDS"),
        ({"PORTWAY_SWEEP_SECONDS": "0"}, "PORTWAY_SWEEP_SECONDS"),
        ({"PORTWAY_SCANNER_URL": "https://scan.example.com/"}, "PORTWAY_SCANNER_URL: the local stack has no Secrets"),
        ({"PORTWAY_POLICY": "policy.yaml nowhere.yaml"}, "PORTWAY_POLICY names .*nowhere.yaml"),
    ],
)
def test_a_choice_that_makes_no_sense_is_named(environment: dict[str, str], named: str) -> None:
    """A bad port or time is refused by its variable's name."""
    with pytest.raises(BadChoice, match=named):
        Config.read(environment)


def test_the_environment_chooses_ports_folders_and_pace(tmp_path: Path) -> None:
    """Every variable of the documentation has its effect; without any there are usable defaults."""
    config = Config.read({
        "PORTWAY_PORT": "0",
        "PORTWAY_DATA": str(tmp_path),
        "PORTWAY_ORIGINS": "http://a.test, http://b.test,",
        "PORTWAY_SWEEP_SECONDS": "0.2",
        "PORTWAY_POLICY": "policy.yaml examples/policies/student.yaml",
    })  # fmt: skip
    assert (config.port, config.s3_port, config.data) == (0, 8788, tmp_path)
    assert (config.origins, config.sweep_seconds) == (("http://a.test", "http://b.test"), 0.2)
    assert [file.name for file in config.policy] == ["policy.yaml", "student.yaml"]
    assert [file.name for file in Config.read({}).policy] == ["policy.yaml"]
    assert (Config.read({}).port, Config.read({}).data) == (8787, None)
