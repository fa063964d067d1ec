"""The first import of every handler: what it does to whatever is imported after it, and that it ends."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator
from hashlib import sha256
from types import FunctionType
from typing import Any, get_type_hints

import pytest

from portway import start

TEXT = "def __create_fn__(default):\n def method(self):\n  return default, HERE\n return method"


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    """Nothing of it outlives a test."""
    yield
    start.settle()
    gc.unfreeze()


def compiled(text: str) -> FunctionType:
    """What the build makes of a text: a function of another module."""
    names: dict[str, Any] = {}
    exec(text, {"HERE": "the module of the build"}, names)
    made: FunctionType = names["__create_fn__"]
    return made


def test_a_text_that_the_build_has_seen_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its function is that of the build, in the module of the class that asks."""
    made = compiled(TEXT)
    monkeypatch.setattr(start, "KNOWN", {sha256(TEXT.encode()).hexdigest(): made})
    names: dict[str, Any] = {}
    start.defined(TEXT, {"HERE": "the module of the class"}, names)
    assert names["__create_fn__"].__code__ is made.__code__
    assert names["__create_fn__"]("default")(None) == ("default", "the module of the class")


def test_a_text_that_nobody_has_seen_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower, and the same: in a checkout, and for classes of other packages."""
    monkeypatch.setattr(start, "KNOWN", {})
    names: dict[str, Any] = {}
    start.defined(TEXT, {"HERE": "the module of the class"}, names)
    assert names["__create_fn__"]("default")(None) == ("default", "the module of the class")


def test_a_class_that_nobody_has_seen_keeps_its_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of Pydantic and Powertools, too, which look at what an initialiser takes."""
    monkeypatch.setattr(start, "KNOWN", {})
    monkeypatch.setitem(vars(dataclasses), "exec", start.defined)
    made: Any = dataclasses.make_dataclass("Point", [("x", int)])
    assert get_type_hints(made.__init__) == {"x": int, "return": type(None)}


def test_classes_are_the_same_with_methods_of_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """dataclasses of this Python ask for their methods in the way that the build expects: each text is met again."""

    def make() -> Any:
        return dataclasses.make_dataclass("Point", [("x", int), ("y", int, 2)], frozen=True, slots=True)

    seen: dict[str, FunctionType] = {}

    def note(text: str, scope: dict[str, Any], names: dict[str, Any]) -> None:
        exec(text, scope, names)
        seen[sha256(text.encode()).hexdigest()] = names["__create_fn__"]

    monkeypatch.setitem(vars(dataclasses), "exec", note)
    compiled_now = make()
    monkeypatch.setattr(start, "KNOWN", seen)
    monkeypatch.setitem(vars(dataclasses), "exec", start.defined)
    from_build = make()
    assert seen
    assert repr(from_build(1)) == repr(compiled_now(1)) == "Point(x=1, y=2)"
    assert from_build(1) == from_build(1, 2) != from_build(1, 3)
    assert hash(from_build(1)) == hash(compiled_now(1))
    assert from_build.__init__.__code__ is compiled_now.__init__.__code__
    with pytest.raises(dataclasses.FrozenInstanceError):
        from_build(1).x = 3


def test_a_function_that_has_started_collects_its_garbage() -> None:
    """What the start made is left out of every later look, and classes that requests make are made as ever."""
    gc.disable()
    start.settle()
    assert gc.isenabled()
    assert gc.get_freeze_count()
    assert "exec" not in vars(dataclasses)
