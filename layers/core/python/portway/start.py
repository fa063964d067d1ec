"""What makes a cold start cheaper: the first import of every handler, and the last call of its wiring.

Importing it has an effect on what is imported after it, which nothing else of Portway has:

* The garbage collector rests. What a start makes is no garbage; looking through it again and again is a tenth of it.
* dataclasses write the methods of each class as text, and compile it: a fifth of a start. The build has done so
  already, into `portway.generated` (dev/generated.py), which is byte code like all else. Where a text is not there, in
  a checkout or for a class that the build has not seen, it is compiled as ever.
"""

from __future__ import annotations

import dataclasses
import gc
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from types import FunctionType
from typing import Any

KNOWN: dict[str, FunctionType] = {}
"""SHA-256 of a text of dataclasses → the function that it defines."""


def defined(text: str, scope: dict[str, Any], names: dict[str, Any]) -> None:
    """`exec` as dataclasses call it: defines in `names` the one function of `text`, over the globals `scope`."""
    made = KNOWN.get(sha256(text.encode()).hexdigest())
    if made is None:  # not under the __future__ of this module, which would make texts of annotations
        exec(compile(text, "<string>", "exec", dont_inherit=True), scope, names)
    else:
        names[made.__name__] = FunctionType(made.__code__, scope)


def settle() -> None:
    """The function has started. From now on classes are made as ever, and garbage of requests is collected."""
    vars(dataclasses).pop("exec", None)
    gc.freeze()
    gc.enable()


gc.disable()
with suppress(ImportError):
    KNOWN = import_module("portway.generated").KNOWN
    vars(dataclasses)["exec"] = defined
