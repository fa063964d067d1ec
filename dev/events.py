"""Types for consumers, made from events/schemas: `python -m dev.events` writes them, `--check` compares.

One TypedDict for each event, with the words of its schema; nested objects are named by their `title`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "events/schemas"
PAGE = ROOT / "examples/consumer/portway_events.py"
NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '''"""What Portway says on its bus: the `detail` of each event. Made by `make events` from events/schemas.

Copy this file into your consumer. It needs nothing but the standard library.
"""

from __future__ import annotations

from typing import Literal, TypedDict
'''

Schema = Mapping[str, Any]


def class_name(kind: str, version: int) -> str:
    """file.published, 1 → FilePublishedV1."""
    return "".join(word.capitalize() for word in kind.split(".")) + f"V{version}"


def annotation(schema: Schema) -> str:
    """The type of one property."""
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " | ".join(_named(kind, schema) for kind in kinds)


def _named(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list[{annotation(schema['items'])}]"
    if kind != "object":
        return NAMES[kind]
    if "properties" in schema:
        return str(schema["title"])
    if schema["additionalProperties"] is True:
        return "dict[str, object]"
    return f"dict[str, {annotation(schema['additionalProperties'])}]"


def words(text: str) -> str:
    """A docstring inside a class, wrapped where it would be too wide."""
    lines = textwrap.wrap(text, 110)
    return '    """' + "\n    ".join(lines) + ('\n    """' if lines[1:] else '"""')


def classes(name: str, schema: Schema, base: str = "TypedDict") -> Iterator[tuple[str, str]]:
    """Name and text of the class of this object, those of its properties first."""
    lines = [f"class {name}({base}):"]
    if "description" in schema:
        lines += [words(schema["description"]), ""]
    if missing := set(schema["properties"]) - set(schema["required"]):
        raise ValueError(f"{name}: a consumer could not rely on {missing}")
    for field, each in schema["properties"].items():
        inner = each.get("items", each)
        if "properties" in inner:
            yield from classes(inner["title"], {k: v for k, v in inner.items() if k != "description"})
        lines.append(f"    {field}: {annotation(each)}")
        if "description" in each:
            lines.append(words(each["description"]))
    yield name, "\n".join(lines) + "\n"


def _common(schemas: list[Schema]) -> dict[str, Any]:
    """What every event says in the same words, as a schema of its own."""
    first, *others = (schema["properties"] for schema in schemas)
    same = {name: each for name, each in first.items() if all(other.get(name) == each for other in others)}
    about = "What every event says."
    return {"title": "About", "description": about, "properties": same, "required": [*same]}


def text() -> str:
    """The whole module."""
    found: dict[str, str] = {}
    kinds = []
    schemas = [json.loads(path.read_text("utf-8")) for path in sorted(SCHEMAS.iterdir())]
    common = _common(schemas)
    found |= classes(common["title"], common)
    for schema in schemas:
        kinds.append(class_name(schema["title"], schema["properties"]["schema"]["const"]))
        own = {k: v for k, v in schema["properties"].items() if k not in common["properties"]}
        for name, body in classes(kinds[-1], {**schema, "properties": own}, common["title"]):
            if found.setdefault(name, body) != body:
                raise ValueError(f"{schema['title']}: another {name} than before")
    union = " | ".join(kinds)
    raw = "\n\n".join([HEAD, *found.values(), f"Detail = {union}\n"])
    command = [sys.executable, "-m", "ruff", "format", "-q", "--stdin-filename", str(PAGE), "-"]
    return subprocess.run(command, input=raw, text=True, check=True, capture_output=True, cwd=ROOT).stdout


def main() -> int:
    made = text()
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text("utf-8") == made:
            print("events: the types are those of the schemas")
            return 0
        print(f"{PAGE.relative_to(ROOT)} is not what the schemas say: run `make events`")
        return 1
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
