"""The life of a stack whose functions are built: it ends whole, and follows its sources."""

from __future__ import annotations

from tests.stack.test_stack_life import (
    test_kill_9_leaves_no_process,
    test_sighup_restarts_the_front_alone,
    test_sigterm_and_ctrl_c_leave_nothing,
)

__all__ = [
    "test_kill_9_leaves_no_process",
    "test_sighup_restarts_the_front_alone",
    "test_sigterm_and_ctrl_c_leave_nothing",
]
