"""124 questions about S3, asked over HTTP by a program that knows nothing of the endpoint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stack.s3_bucket import KEY, REGION, SECRET, endpoint_process

HERE = Path(__file__).parent


def probe(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(HERE / "s3_probe.py"), "--endpoint", url, "--region", REGION]
    command = [*script, "--access-key", KEY, "--secret-key", SECRET, "--exact", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_endpoint_answers_as_aws_documents(tmp_path: Path) -> None:
    """Every answer but those in s3_known.txt is the one that AWS documents; one that changes is noticed."""
    with endpoint_process(tmp_path) as (_, made):
        done = probe(made.url, "--allow", str(HERE / "s3_known.txt"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "TOTAL 124/124" in done.stdout


def test_the_disputed_answers_can_be_switched(tmp_path: Path) -> None:
    """An identical Complete again, and part 2 of an object made of the parts 1 and 7: both answers are there."""
    known = tmp_path / "known.txt"
    known.write_text("life: complete twice = OK\nlife: GET part 2 = 416\n")
    with endpoint_process(tmp_path / "data", "--repeat-complete", "--parts-by-number") as (_, made):
        done = probe(made.url, "--only", "life", "--allow", str(known))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "TOTAL 13/15" in done.stdout
