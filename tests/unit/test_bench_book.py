"""docs/benchmarks.md as `make bench` writes it: figures by the bench, words by hand, a summary of all bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bench import __main__ as command
from bench import book
from bench.bars import Bar, LeftOut, bar_of, judged
from bench.book import Block, NoBlock, blocks, summarised, written

DATE = "2026-11-20 · 2 cores · Python 3.11.7"
EMPTY = """# Title

<!-- summary -->
<!-- end -->

Words about one.

<!-- bench:one -->
<!-- end -->

Words about two.

<!-- bench:two -->
<!-- end -->

The last word.
"""
ONE = Block(("table", judged("  ours/theirs", "1.50", "≥ 1.2", True)), DATE)
TWO = Block((judged("memory, a|b", "300 MiB", "≤ 256", False),), DATE)


def page() -> str:
    return written(written(EMPTY, "one", ONE), "two", TWO)


def test_figures_stand_as_they_were_printed() -> None:
    """Row for row, with date and machine below them."""
    assert blocks(page()) == {"one": ONE, "two": TWO}
    assert f"```text\ntable\n  ours/theirs: 1.50, bar ≥ 1.2: met\n{DATE}\n```" in page()


def test_a_run_changes_its_own_block_and_no_word() -> None:
    """Prose and the other blocks stay to the byte; writing the same again changes nothing."""
    again = Block((judged("ours/theirs", "1.10", "≥ 1.2", False),), "2026-12-01 · 2 cores")
    changed = written(page(), "one", again)
    assert blocks(changed) == {"one": again, "two": TWO}
    before, after = (text.partition("<!-- bench:one -->")[2].partition("<!-- end -->")[2] for text in (page(), changed))
    assert before == after
    for words in ("# Title", "Words about one.", "Words about two.", "The last word."):
        assert changed.count(words) == 1
    assert written(changed, "one", again) == changed


def test_the_summary_tells_every_bar_and_hides_no_loser() -> None:
    """In the page's order, counted; a bar of one figure in the block becomes one row."""
    table = page().partition("<!-- summary -->\n")[2].partition("<!-- end -->")[0]
    assert table.startswith("1 of 2 bars met, 1 missed.\n")
    assert "| `one` | ours/theirs | 1.50 | ≥ 1.2 | met | 2026-11-20 |" in table
    assert "| `two` | memory, a\\|b | 300 MiB | ≤ 256 | **MISSED** | 2026-11-20 |" in table
    assert summarised(page()) == page()


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a/b, 50 ms added: 2.65, bar ≥ 2.5: met", Bar("a/b, 50 ms added", "2.65", "≥ 2.5", True)),
        ("  peak: 9 MB, bar < 32 MiB: MISSED", Bar("peak", "9 MB", "< 32 MiB", False)),
        ("a failed: exit code 1: MISSED", Bar("a failed: exit code 1", "", "", False)),
        ("a is 1.8 times as fast (no bar: load distorts it)", None),
        ("figures: 12, 13", None),
    ],
)
def test_a_row_with_a_verdict_is_a_bar(row: str, found: Bar | None) -> None:
    """Also that of a way that did not run at all; a figure without a bar is none."""
    assert bar_of(row) == found


def test_last_words_of_a_program_do_not_end_a_block() -> None:
    """Whatever an error message holds, the next run finds its place."""
    rough = Block(("it said\n```\n<!-- end -->: MISSED",), DATE)
    changed = written(page(), "one", rough)
    assert list(blocks(changed)) == ["one", "two"]
    assert blocks(written(changed, "one", ONE)) == blocks(page())


def test_a_bench_without_a_place_is_told_so() -> None:
    """Its figures go nowhere by accident, nor twice."""
    with pytest.raises(NoBlock, match="bench:three"):
        written(page(), "three", ONE)
    with pytest.raises(NoBlock):
        written(page() + page(), "one", ONE)


# the command


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book with the blocks one and two."""
    file = tmp_path / "benchmarks.md"
    file.write_text(page(), "utf-8")
    keep = book.keep
    monkeypatch.setattr(book, "keep", lambda name, rows, measured: keep(name, rows, measured, file))
    return file


def told(monkeypatch: pytest.MonkeyPatch, **benches: Callable[[], Iterable[str]]) -> None:
    """The command knows these benches."""
    monkeypatch.setattr(command, "BENCHES", {name: command.Bench(name) for name in benches})
    monkeypatch.setattr(command, "import_module", lambda name: module(benches[name.removeprefix("bench.")]))


def module(rows: Callable[[], Iterable[str]]) -> ModuleType:
    made = ModuleType("bench of a test")
    vars(made).update(rows=rows, short=lambda: ["short"])
    return made


def breaking(error: BaseException) -> Callable[[], Iterator[str]]:
    """A bench that prints a row, and then this happens."""

    def rows() -> Iterator[str]:
        yield "a first row"
        raise error

    return rows


def test_a_good_run_is_written_down(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With today's date; exit code 0 when its bars are met, 1 when one is missed."""
    told(monkeypatch, one=lambda: [judged("x", "2", "≥ 1", True)], two=lambda: [judged("y", "2", "≤ 1", False)])
    assert command.main(["one"]) == 0
    assert blocks(kept.read_text("utf-8"))["one"].rows == ("x: 2, bar ≥ 1: met",)
    assert command.main(["one", "two"]) == 1
    assert "1 of 2 bars met" in kept.read_text("utf-8")


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("broke"), 1), (KeyboardInterrupt(), 130), (LeftOut("no Node"), 0)]
)
def test_a_bench_that_does_not_end_leaves_its_block(
    kept: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """Broken, interrupted, or not possible here: the figures of the last whole run stay."""
    told(monkeypatch, one=breaking(error))
    assert command.main(["one"]) == code
    assert kept.read_text("utf-8") == page()


def test_after_a_broken_bench_the_others_run(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night's run is not lost to its first mistake."""
    told(monkeypatch, one=breaking(RuntimeError("broke")), two=lambda: ["fresh"])
    assert command.main(["one", "two"]) == 1
    assert blocks(kept.read_text("utf-8"))["two"].rows == ("fresh",)


@pytest.mark.parametrize("how", ["--print-only", "--short"])
def test_a_look_writes_nothing(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """`make bench WRITE=0`, and the smallest sizes, which say nothing about speed."""
    told(monkeypatch, one=lambda: ["fresh"])
    assert command.main([how, "one"]) == 0
    assert kept.read_text("utf-8") == page()
    assert ("short" if how == "--short" else "fresh") in capsys.readouterr().out


def test_an_unknown_name_is_refused_before_anything_runs() -> None:
    """With the names that there are."""
    with pytest.raises(SystemExit):
        command.main(["presing"])
