"""House rules that no linter knows: `python -m dev.house` prints every breach and exits 1.

Files and functions stay short, handlers are wiring, every test says what a user may rely on, lock files install from
any mirror, no file knows the machine it was written on, and every decision has a number of its own.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = {"functions": 25, "tests": 300}
"""Lines with something on them, by top folder; elsewhere MOST_FILE_LINES."""
MOST_FILE_LINES = 250
WRITTEN = {".py", ".ts", ".tsx", ".mjs", ".css"}
"""What people write and read from top to bottom."""
FUNCTION_LINES = {"layers": 30, "clients": 30, "functions": 25}
"""The same for a function; elsewhere MOST_LINES."""
MOST_LINES = 40
THIRD_PARTY = {Path("tests/stack/s3_probe.py")}
ADDRESSES = {
    ".txt": re.compile(r"https?://(?!127\.0\.0\.1|localhost)|--(extra-)?index-url|--find-links"),
    "package-lock.json": re.compile(r'"resolved": "https?:'),
}
"""What names a host, by the end of a lock file's name. (npm notes who takes donations; nothing comes from there.)"""
MACHINE = re.compile(r"(?<![\w.])/(work|root|home/\w+)/")


def tracked() -> list[Path]:
    """Everything that git knows, or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(path for path in map(Path, filter(None, names)) if path.is_file())


def length_breaches(path: Path, text: str) -> Iterator[str]:
    most = FILE_LINES.get("tests" if "tests" in path.parts else path.parts[0], MOST_FILE_LINES)
    lines = sum(1 for line in text.splitlines() if line.strip())
    if lines > most:
        yield f"{path}: {lines} lines, at most {most}; would a newcomer know what belongs in it?"


def python_breaches(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from function_breaches(path, node)


def function_breaches(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    said = ast.get_docstring(node)
    body = node.body[1:] if said and len(node.body) > 1 else node.body
    length = (node.end_lineno or 0) - body[0].lineno + 1
    most = FUNCTION_LINES.get(path.parts[0], MOST_LINES)
    if length > most:
        yield f"{path}:{node.lineno}: {node.name} has {length} lines, at most {most}"
    if node.name.startswith("test_") and path.name.startswith("test_") and not said:
        yield f"{path}:{node.lineno}: {node.name} does not say what a user may rely on"


def text_breaches(path: Path, text: str) -> Iterator[str]:
    if any(path.name.endswith(end) and address.search(text) for end, address in ADDRESSES.items()):
        yield f"{path}: a lock file that names a host does not install from a mirror"
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE.search(line) and path.name != "house.py":
            yield f"{path}:{number}: a path of one machine"


def decision_breaches(paths: list[Path]) -> Iterator[str]:
    """Pages of docs/decisions are cited by number: `0027-name.md` begins with `# 27. `, and no other has it."""
    seen: dict[int, Path] = {}
    for path in (path for path in paths if path.parent == Path("docs/decisions")):
        number = int(path.name[:4])
        if not path.read_text(encoding="utf-8").startswith(f"# {number}. "):
            yield f"{path}: does not begin with `# {number}. `"
        if seen.setdefault(number, path) != path:
            yield f"{path}: {seen[number]} has this number, too"


def breaches() -> Iterator[str]:
    paths = tracked()
    yield from decision_breaches(paths)
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from text_breaches(path, text)
        if path in THIRD_PARTY:
            continue
        if path.suffix in WRITTEN:
            yield from length_breaches(path, text)
        if path.suffix == ".py":
            yield from python_breaches(path, text)


def main() -> int:
    found = list(breaches())
    print("\n".join(found) or "house rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
