"""What one fresh process takes: `python first_answer.py MODULE < event`, as the first invocation of a function.

Prints one line of JSON: CPU seconds (user and system, of the whole process) when the module is there and when it has
answered, and the machine's clock at that moment. Without a module: what an empty interpreter has taken.
"""

import importlib
import json
import sys
import time


class Context:
    """What Lambda hands over beside the event."""

    function_name = "portway"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:portway"
    aws_request_id = "8f5f9f1e-0b6c-4c3e-9d9a-1f2e3d4c5b6a"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


def main(modules: list[str]) -> None:
    event = json.load(sys.stdin)
    loaded = [importlib.import_module(name) for name in modules]
    ready = time.process_time()
    answers = [module.handler(event, Context()) for module in loaded]
    answered, at = time.process_time(), time.monotonic()
    told = {"ready": ready, "answered": answered, "at": at, "modules": len(sys.modules), "answers": answers}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
