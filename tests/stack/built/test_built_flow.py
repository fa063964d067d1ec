"""Files through the whole system, whose functions are those of `make host` under awslambdaric.

The tests are those of the stack on its sources. Here are some of each kind of work that a function does; all run
as well with `make test ONLY=tests/stack COMPUTE=lambda`.
"""

from __future__ import annotations

from tests.stack.test_stack_capability import test_a_token_finishes_an_upload_until_it_is_taken_back as test_tokens
from tests.stack.test_stack_dead_letters import (
    test_a_message_that_is_no_event_is_tried_five_times_and_dropped as test_dead_letters,
)
from tests.stack.test_stack_flow import (
    test_a_cancelled_upload_is_gone,
    test_a_file_is_published_as_it_was_sent,
    test_a_name_arrives_as_it_was_sent,
    test_an_upload_can_be_resumed,
    test_anothers_upload_looks_like_none,
    test_the_world_hears_of_a_published_file,
)
from tests.stack.test_stack_results import test_a_picture_has_thumbnails, test_results_go_with_their_file
from tests.stack.test_stack_resume import (
    test_a_changed_file_is_refused_before_a_byte_is_sent,
    test_another_device_sends_only_what_is_missing,
)
from tests.stack.test_stack_single import test_a_repeated_put_is_412, test_two_requests_are_all
from tests.stack.test_stack_streams import test_a_stream_is_published_as_it_was_sent

__all__ = [
    "test_a_cancelled_upload_is_gone",
    "test_a_changed_file_is_refused_before_a_byte_is_sent",
    "test_a_file_is_published_as_it_was_sent",
    "test_a_name_arrives_as_it_was_sent",
    "test_a_picture_has_thumbnails",
    "test_a_repeated_put_is_412",
    "test_a_stream_is_published_as_it_was_sent",
    "test_an_upload_can_be_resumed",
    "test_another_device_sends_only_what_is_missing",
    "test_anothers_upload_looks_like_none",
    "test_dead_letters",
    "test_results_go_with_their_file",
    "test_the_world_hears_of_a_published_file",
    "test_tokens",
    "test_two_requests_are_all",
]
