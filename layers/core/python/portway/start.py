"""What makes a cold start cheaper: the first import of every handler, and the last call of its wiring.

Importing it has an effect on what is imported after it, which nothing else of Portway has:

* The garbage collector rests. What a start makes is no garbage; looking through it again and again is a tenth of it.
* While Python imports it compiles: the methods that dataclasses write, annotations that are strings, regular
  expressions. That is a quarter of a start, and comes out the same each time. The build has done so already, into a
  file beside this one (dev/precompiled.py). What is not in it, all in a checkout, is compiled as ever; so is what a
  later patch of Python, which Lambda installs by itself, asks for in another way.
"""

from __future__ import annotations

import gc

gc.disable()

import dataclasses
import marshal
import sys
import typing
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

COMPILED = Path(__file__).with_name(f"compiled.{sys.implementation.cache_tag}")
"""Byte code is of one Python version; another does not find it."""
KNOWN: dict[str, dict[Any, Any]] = {"exec": {}, "eval": {}, "re": {}}
compiler: Any = import_module("re._compiler")
compile_pattern = compiler.compile


def compiled(text: str, name: str, mode: str, **options: Any) -> CodeType:
    """`compile` as typing calls it, without options."""
    known = None if options else KNOWN[mode].get(text)
    options = {"dont_inherit": True, **options}  # the __future__ of this module would make texts of annotations
    made: CodeType = compile(text, name, mode, **options) if known is None else marshal.loads(known)
    return made


def defined(text: str, *scopes: dict[str, Any], **more: Any) -> None:
    """`exec` as dataclasses call it: defines the function of `text` in the last of `scopes`, over the first."""
    exec(compiled(text, "<string>", "exec"), *scopes, **more)


def pattern(source: str | bytes, flags: int = 0) -> Any:
    """`re._compiler.compile`."""
    made = KNOWN["re"].get((source, flags))
    if made is None:
        return compile_pattern(source, flags)
    all_flags, words, *groups = made
    try:
        return compiler._sre.compile(source, all_flags, memoryview(words).cast("I").tolist(), *groups)
    except RuntimeError:  # the engine looks at what it is given: another patch's may want other code
        return compile_pattern(source, flags)


def begin() -> None:
    """From now on what is known is not compiled."""
    vars(dataclasses)["exec"], vars(typing)["compile"], compiler.compile = defined, compiled, pattern


def settle() -> None:
    """The function has started. From now on Python compiles as ever, and garbage of requests is collected."""
    vars(dataclasses).pop("exec", None)
    vars(typing).pop("compile", None)
    compiler.compile = compile_pattern
    KNOWN.update({"exec": {}, "eval": {}, "re": {}})
    gc.freeze()
    gc.enable()


with suppress(FileNotFoundError):
    KNOWN.update(marshal.loads(COMPILED.read_bytes()))
    begin()
