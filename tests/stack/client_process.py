"""`python -m tests.stack.client_process PATH`: one upload in a process of its own, that a test may kill.

Where and how comes as JSON on stdin: `url`, `token`, `part_size`, `settings` of the client, `most_bytes` of any file
that it may write, `upload_id` to go on with one. On stdout a line of JSON for each progress, and one for the end:
`file` with the most memory that was used (KiB), or `error`.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from portway_client import Client, PortwayError, Progress


def tell(**news: Any) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def on_progress(progress: Progress) -> None:
    tell(bytes=progress.bytes, upload_id=progress.upload_id, phase=progress.phase)


def most_memory() -> int:
    """KiB of this process; what the parent had before it was replaced does not count (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    asked = json.load(sys.stdin)
    if "most_bytes" in asked:
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most_bytes"], asked["most_bytes"]))
    with Client(asked["url"], asked["token"], **asked.get("settings", {})) as client:
        try:
            if "upload_id" in asked:
                file = client.resume(sys.argv[1], asked["upload_id"], on_progress=on_progress)
            else:
                file = client.upload(sys.argv[1], part_size=asked.get("part_size"), on_progress=on_progress)
        except PortwayError as error:
            tell(error=error.code, words=str(error), upload_id=error.upload_id)
        else:
            tell(file=file.id, size=file.size, memory=most_memory())


if __name__ == "__main__":
    main()
