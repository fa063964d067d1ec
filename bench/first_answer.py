"""What one fresh process takes: `python first_answer.py TIMES [MODULE] < event`, as the first invocation of a function.

Prints one line of JSON: seconds of CPU (user and system, of the whole process) when the module is there and when it has
answered, the machine's clock at that moment, and CPU and time of each of TIMES further answers. Without a module: what
an empty interpreter has taken.
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


def main(times: int, modules: list[str]) -> None:
    event = json.load(sys.stdin)
    loaded = [importlib.import_module(name) for name in modules]
    ready = time.process_time()
    answers = [module.handler(event, Context()) for module in loaded]
    answered, at = time.process_time(), time.monotonic()
    further = []
    for _ in range(times):
        cpu, began = time.process_time(), time.monotonic()
        answers = [module.handler(event, Context()) for module in loaded]
        further.append((time.process_time() - cpu, time.monotonic() - began))
    told = {"ready": ready, "answered": answered, "at": at, "modules": len(sys.modules)}
    print(json.dumps({**told, "further": further, "answers": answers}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
