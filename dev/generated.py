"""`python generated.py` in the interpreter of the functions: the methods that dataclasses write, as one module.

Prints `portway.generated` (see portway/start.py). Seen are all modules of the core that need no library for the machine
of the functions, so that the result is the same wherever it is made.
"""

import dataclasses
import pkgutil
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from typing import Any

MACHINE = ("portway.protocols", "portway.derivers")
"""They import Pydantic and Pillow, whose libraries are for the functions' machine and not for this."""
PURE = ("annotated_types",)
"""What Pydantic imports, and this build can."""
HEAD = '''"""Methods of dataclasses, as Python writes them; made by dev/generated.py."""

KNOWN = {}
'''


def seen() -> set[str]:
    """Every text that dataclasses compile while the core is imported."""
    texts = set[str]()

    def note(text: str, *names: dict[str, Any]) -> None:
        texts.add(text)
        exec(text, *names)

    vars(dataclasses)["exec"] = note
    for name in PURE:
        with suppress(ImportError):  # it brings what it imports, or nothing does
            import_module(name)
    package = import_module("portway")
    for module in pkgutil.walk_packages(package.__path__, "portway."):
        if not module.name.startswith(MACHINE):
            import_module(module.name)
    return texts


def main() -> None:
    print(HEAD)
    for text in sorted(seen()):
        name = text.removeprefix("def ").partition("(")[0]
        print(f'{text}\n\n\nKNOWN["{sha256(text.encode()).hexdigest()}"] = {name}\n')


if __name__ == "__main__":
    main()
