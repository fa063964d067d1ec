"""The first import of every handler: what it does to whatever is imported after it, and that it ends."""

from __future__ import annotations

import dataclasses
import gc
import marshal
import re
import typing
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest

from dev import precompiled
from portway import start

TEXT = "def __create_fn__(default):\n def method(self):\n  return default, HERE\n return method"
PATTERNS = [
    (r"(?P<year>\d{4})-(?P<month>\d\d)", 0),
    (r"[^\W\d_]+|(?:a|b)*?$", re.IGNORECASE | re.MULTILINE),
    (rb"\A[\x80-\xff]{2,}", re.DOTALL),
    (r"(?x) ß | [ä-ü] # letters", re.IGNORECASE),
]


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    """Nothing of it outlives a test."""
    yield
    start.settle()
    gc.unfreeze()


def knows(monkeypatch: pytest.MonkeyPatch, **known: Any) -> None:
    """As if the build had seen this, and nothing else."""
    monkeypatch.setattr(start, "KNOWN", {"exec": {}, "eval": {}, "re": {}, **known})
    start.begin()


def code(text: str, mode: str) -> bytes:
    return marshal.dumps(compile(text, "<string>", mode, dont_inherit=True))


def method_of(text: str) -> Any:
    names: dict[str, Any] = {}
    start.defined(text, {"HERE": "the module of the class"}, names)
    return names["__create_fn__"]("default")


def test_a_text_that_the_build_has_seen_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code is that of the build, in the module of the class that asks."""
    knows(monkeypatch, exec={TEXT: code(TEXT.replace("method", "of_the_build"), "exec")})
    method = method_of(TEXT)
    assert method.__name__ == "of_the_build"
    assert method(None) == ("default", "the module of the class")


def test_a_text_that_nobody_has_seen_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slower, and the same: in a checkout, and for classes of other packages."""
    knows(monkeypatch)
    assert method_of(TEXT)(None) == ("default", "the module of the class")


def test_a_class_that_nobody_has_seen_keeps_its_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of Pydantic and Powertools, too, which look at what an initialiser takes."""
    knows(monkeypatch)
    made: Any = dataclasses.make_dataclass("Point", [("x", int)])
    assert get_type_hints(made.__init__) == {"x": int, "return": type(None)}


def test_classes_are_the_same_with_methods_of_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """dataclasses of this Python ask for their methods in the way that the build expects: each text is met again."""

    def make() -> Any:
        return dataclasses.make_dataclass("Point", [("x", int), ("y", int, 2)], frozen=True, slots=True)

    texts, _ = precompiled.watched()
    compiled_now = make()
    assert texts["exec"]
    knows(monkeypatch, exec=texts["exec"])
    monkeypatch.setattr(start, "compile", None, raising=False)  # nothing else may be compiled
    from_build = make()
    assert repr(from_build(1)) == repr(compiled_now(1)) == "Point(x=1, y=2)"
    assert from_build(1) == from_build(1, 2) != from_build(1, 3)
    assert hash(from_build(1)) == hash(compiled_now(1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        from_build(1).x = 3


def test_an_annotation_means_the_same_where_the_build_has_compiled_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """typing asks in the way that the build expects, and names are looked up where the annotation stands."""
    texts, _ = precompiled.watched()
    typing.ForwardRef("dict[str, Here | None]")
    assert list(texts["eval"]) == ["dict[str, Here | None]"]
    knows(monkeypatch, eval=texts["eval"])

    class Here: ...

    def takes(it: Any) -> Any: ...

    with monkeypatch.context() as patch:
        patch.setattr(start, "compile", None, raising=False)
        takes.__annotations__["it"] = typing.ForwardRef("dict[str, Here | None]")
    assert get_type_hints(takes, localns={"Here": Here})["it"] == dict[str, Here | None]


@pytest.mark.parametrize(("source", "flags"), PATTERNS)
def test_a_pattern_is_the_same_where_the_build_has_compiled_it(
    monkeypatch: pytest.MonkeyPatch, source: str | bytes, flags: int
) -> None:
    """Flags, code, groups and their names: what `re` itself calls equal. A pattern that nobody has seen is compiled."""
    as_ever = start.compile_pattern(source, flags)
    knows(monkeypatch, re={(source, int(flags)): precompiled.arguments(source, int(flags))})
    monkeypatch.setattr(start, "compile_pattern", lambda *asked: asked)
    made = start.pattern(source, flags)
    assert made == as_ever
    assert (made.flags, made.groups, made.groupindex) == (as_ever.flags, as_ever.groups, as_ever.groupindex)
    assert start.pattern("another", flags) == ("another", flags)


def test_a_pattern_that_the_engine_refuses_is_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda installs patches of Python by itself, and their engine may want other code than the build has made."""
    all_flags, words, *groups = precompiled.arguments("here", 0)
    knows(monkeypatch, re={("here", 0): (all_flags, words[:-4], *groups)})
    assert start.pattern("here") == start.compile_pattern("here", 0)


def test_what_a_later_python_asks_in_another_way_is_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """With options that the build has not seen, or with other scopes."""
    knows(monkeypatch, eval={"1 + 1": code("3", "eval")}, exec={"here = 1": code("here = 2", "exec")})
    assert eval(start.compiled("1 + 1", "<string>", "eval")) == 3
    assert eval(start.compiled("1 + 1", "<string>", "eval", optimize=2, dont_inherit=True)) == 2
    names: dict[str, Any] = {}
    start.defined("here = 1", names)
    assert names["here"] == 2


def test_a_pattern_that_cannot_be_written_down_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that uses `re.Scanner`, or has a pattern in an enumeration, can still be built."""
    monkeypatch.setattr(precompiled.compiler, "compile", start.compile_pattern)
    _, patterns = precompiled.watched()
    re.purge()
    vars(re)["Scanner"]([("a+", None)])  # hands over what it has parsed
    re.compile("b+")
    assert patterns == {("b+", 0)}


def test_a_function_that_has_started_is_as_any_other() -> None:
    """What the start made is left out of every later look for garbage, and what requests make is compiled as ever."""
    start.begin()
    gc.disable()
    start.settle()
    assert gc.isenabled()
    assert gc.get_freeze_count()
    assert "exec" not in vars(dataclasses)
    assert "compile" not in vars(typing)
    assert start.compiler.compile is start.compile_pattern
