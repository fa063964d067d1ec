"""The command over a Portway in memory, as a process of its own: `python child.py FD FD ARGUMENT…`.

Its third part waits at a gate, a pipe: until a byte comes through it, or until the upload is stopped.
"""

from __future__ import annotations

import fcntl
import os
import sys
import termios

from portway_client.cli.app import run
from portway_client.cli.session import Outside
from portway_client.control import Control
from portway_client.state import NoState
from portway_client.testing import FakePortway
from portway_client.testing.faults import Seen


def main() -> int:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C of this terminal is for us
    leaving, entering, *arguments = sys.argv[1:]
    fake = FakePortway()

    def wait(seen: Seen) -> None:
        if seen.place == "s3" and seen.part == 3:
            os.read(int(leaving), 1)

    def stop(control: Control, gives_up: bool) -> None:
        really(control, gives_up)
        if "hangs" not in os.environ:
            os.write(int(entering), b"x")

    really, Control.stop = Control.stop, stop  # type: ignore[method-assign, assignment]
    fake.on_request = wait
    environ = {**os.environ, "PORTWAY_ENDPOINT": fake.url}
    return run(arguments, Outside(environ=environ, transport=lambda: fake, state=NoState))


if __name__ == "__main__":
    sys.exit(main())
