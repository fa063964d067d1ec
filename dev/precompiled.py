"""`python precompiled.py FILE` in the interpreter of the functions: what Python compiles at each start, compiled once.

Writes FILE for portway/start.py: a marshalled dict with the byte code of each text that was compiled (`exec`: methods
of dataclasses; `eval`: annotations), and what `re` made of each pattern with its flags. Seen are all modules of the
core with whatever they import, and the routes of the API; not what makes results, whose libraries are for that alone.
"""

import dataclasses
import marshal
import pkgutil
import sys
import typing
from array import array
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

UNSEEN = "portway.derivers"
compiler: Any = import_module("re._compiler")
Texts = dict[str, bytes]
Patterns = dict[tuple[str | bytes, int], tuple[Any, ...]]


def watched() -> tuple[dict[str, Texts], set[tuple[str | bytes, int]]]:
    """Texts and patterns, which come as modules are imported. Whoever asks gets what they would have got."""
    texts: dict[str, Texts] = {"exec": {}, "eval": {}}
    patterns = set[tuple[str | bytes, int]]()
    compile_pattern = compiler.compile

    def compiled(text: str, name: str, mode: str) -> Any:
        made = compile(text, name, mode, dont_inherit=True)
        texts[mode][text] = marshal.dumps(made)
        return made

    def defined(text: str, *names: dict[str, Any]) -> None:
        exec(compiled(text, "<string>", "exec"), *names)

    def pattern(source: str | bytes, flags: int = 0) -> Any:
        if type(source) in (str, bytes):  # what else there may be, such as parsed ones, cannot be written down
            patterns.add((source, int(flags)))
        return compile_pattern(source, flags)

    vars(dataclasses)["exec"], vars(typing)["compile"], compiler.compile = defined, compiled, pattern
    return texts, patterns


def start() -> None:
    """Import what functions import, and have routes without anything behind them."""
    for module in pkgutil.walk_packages(import_module("portway").__path__, "portway."):
        if not module.name.startswith(UNSEEN):
            import_module(module.name)
    native = import_module("portway.protocols.native")
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(native.Native))
    native.attach(native.Native(**nothing | {"app": import_module("portway.protocols.json_resolver").JsonResolver()}))


def arguments(source: str | bytes, flags: int) -> tuple[Any, ...]:
    """What `re` hands to its engine for a pattern: flags, code in words of 32 bits, groups, their names both ways."""
    real, compiler._sre = compiler._sre, SimpleNamespace(**{**vars(compiler._sre), "compile": lambda *given: given})
    try:
        _, all_flags, code, *groups = compiler.compile(source, flags)
    finally:
        compiler._sre = real
    return int(all_flags), array("I", code).tobytes(), *groups


def main() -> None:
    file = Path(sys.argv[1])
    file.unlink(missing_ok=True)  # portway.start would not show us what is in it
    compile_pattern = compiler.compile
    texts, seen = watched()
    start()
    compiler.compile = compile_pattern
    patterns: Patterns = {key: arguments(*key) for key in sorted(seen, key=repr)}
    sorted_texts = {mode: dict(sorted(found.items())) for mode, found in texts.items()}
    file.write_bytes(marshal.dumps({**sorted_texts, "re": patterns}))


if __name__ == "__main__":
    main()
