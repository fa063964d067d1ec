"""Run a module as a child that cannot outlive its parent: `python -m dev.lifeline PARENT_PID MODULE [ARGUMENTS]`.
With `-- COMMAND` in the place of the module it runs any command.

Linux sends the child a signal when the thread that started it is gone, also after kill -9 (prctl, PR_SET_PDEATHSIG).
Elsewhere the call does not exist, and only a clean stop ends the children.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """From now on this process gets `how` when its parent ends; it ends at once if `parent` is already gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        sys.exit(f"the parent {parent} is gone")


def command(module: str, *arguments: str) -> list[str]:
    """The command line that runs `module` as a child of this process."""
    return [sys.executable, "-m", "dev.lifeline", str(os.getpid()), module, *arguments]


def bound(*words: str) -> list[str]:
    """The same for any command. It keeps the process, and with it the order to end."""
    return command("--", *words)


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    if sys.argv[2] == "--":
        os.execvp(sys.argv[3], sys.argv[3:])
    module = sys.argv[2]
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
