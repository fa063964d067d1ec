"""Which files `portway upload` sends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portway_client.cli.inputs import Choice, NothingThere, files


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """a/1.txt a/b/2.txt a/.hidden a/.git/config a/link → 1.txt a/loop → a"""
    for name in ("a/1.txt", "a/b/2.txt", "a/.hidden", "a/.git/config", "c.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "a/link").symlink_to("1.txt")
    (tmp_path / "a/loop").symlink_to(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*arguments: str, choice: Choice = Choice()) -> list[str]:  # noqa: B008 (frozen)
    return [path.as_posix() for path in files(arguments, choice)]


def test_a_folder_means_all_files_below_it(tree: Path) -> None:
    """Sorted; hidden files and links are left out unless they are asked for."""
    assert found("a") == ["a/1.txt", "a/b/2.txt"]


def test_hidden_files_are_sent_when_asked_for(tree: Path) -> None:
    """Also those in hidden folders."""
    assert found("a", choice=Choice(hidden=True)) == ["a/.git/config", "a/.hidden", "a/1.txt", "a/b/2.txt"]


def test_links_are_followed_when_asked_for_and_never_in_circles(tree: Path) -> None:
    """A link to a folder above is not entered."""
    assert found("a", choice=Choice(links=True)) == ["a/1.txt", "a/b/2.txt", "a/link"]


def test_what_is_named_is_meant(tree: Path) -> None:
    """Hidden or linked: whoever spells it out wants it."""
    assert found("a/.hidden", "a/link") == ["a/.hidden", "a/link"]


def test_each_file_is_sent_once(tree: Path) -> None:
    """However often the arguments name it."""
    assert found("c.txt", "a", "a/1.txt", "c.txt") == ["c.txt", "a/1.txt", "a/b/2.txt"]


def test_patterns_work_where_the_shell_knows_none(tree: Path) -> None:
    """`**` goes into folders; a folder that matches means its files."""
    assert found("*.txt") == ["c.txt"]
    assert found("a/**/*.txt") == ["a/1.txt", "a/b/2.txt"]
    assert found("[ac]") == ["a/1.txt", "a/b/2.txt"]
    assert found("a/**", choice=Choice(links=True))[:3] == ["a/1.txt", "a/b/2.txt", "a/link"]


def test_a_file_may_be_called_like_a_pattern(tree: Path) -> None:
    """What is there is what is meant."""
    (tree / "[c].txt").write_text("brackets")
    assert found("[c].txt") == ["[c].txt"]


@pytest.mark.parametrize(("argument", "words"), [("nothing", "no such"), ("*.png", "no such"), ("empty", "no files")])
def test_what_is_not_there_is_said_before_anything_is_sent(tree: Path, argument: str, words: str) -> None:
    """A misspelt name is no empty success."""
    (tree / "empty").mkdir()
    with pytest.raises(NothingThere, match=words):
        found("c.txt", argument)


def test_a_pipe_is_sent_through_standard_input(tree: Path) -> None:
    """It has no size to see; the message says how."""
    os.mkfifo(tree / "pipe")
    with pytest.raises(NothingThere, match="--name"):
        found("pipe")
