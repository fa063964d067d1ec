"""SnapStart: containers that go on from one snapshot must not share what has to differ, nor use what has ended.

Nothing is asked of AWS while a function starts, so a snapshot holds no assumed role, no connection and no secret. Ids
come from the kernel, times from the clock. What is left: the random numbers of pauses, and the function's credentials.
"""

from __future__ import annotations

import random
from contextlib import suppress
from importlib import import_module
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.session import Session

LIBRARY = "snapshot_restore_py"
"""Part of Lambda's own runtimes for Python 3.12 and newer; elsewhere there are no snapshots."""


def renew_after_restore(session: Session) -> None:
    """Have Lambda renew what this session's clients use, in each container that it restores."""
    with suppress(ImportError):
        import_module(LIBRARY).register_after_restore(renew, session)


def renew(session: Session) -> None:
    """Other random numbers than those of its siblings, and credentials that are asked for now if they end soon.

    What cannot be had now is asked for again by the first call: an error here would end the container.
    """
    random.seed()
    with suppress(BotoCoreError):
        credentials: Any = session.get_credentials()
        if credentials:
            credentials.get_frozen_credentials()
