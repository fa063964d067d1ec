"""The command `portway`. It needs the extra `cli` (click and rich); the library does not."""

from __future__ import annotations

import sys

NEEDED = ("click", "rich")
INSTALL = "portway: the command needs click and rich. Install them: pip install 'portway-client[cli]'\n"


def main() -> int:
    """Runs the command with the process's arguments; its exit code (see `exits`)."""
    try:
        from portway_client.cli import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in NEEDED:
            raise
        sys.stderr.write(INSTALL)
        return 2
    return app.run()
