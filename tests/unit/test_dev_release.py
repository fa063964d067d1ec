"""What is deployed has a name of its own: without it SAM would leave the functions as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import release

OVERRIDES = ["BusName=portway-dev", "UrlSeconds=900"]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What `make build` leaves: a template, a function, a layer, and a list of packages."""
    for name, text in {"ApiFunction/handler.py": "1", "CoreLayer/python/portway/a.py": "2"}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "template.yaml").write_text("Resources: {}", "utf-8")
    (tmp_path / "sbom.cdx.json").write_text("{}", "utf-8")
    return tmp_path


def test_the_same_build_with_the_same_parameters_is_the_same_release(build: Path) -> None:
    """So a second `make deploy` changes nothing; the order of parameters and the list of packages do not matter."""
    first = release.release(build, OVERRIDES)
    (build / "sbom.cdx.json").write_text("another", "utf-8")
    assert release.release(build, reversed(OVERRIDES)) == first
    assert len(first) == 16
    assert int(first, 16)


@pytest.mark.parametrize("name", ["template.yaml", "ApiFunction/handler.py", "CoreLayer/python/portway/a.py"])
def test_other_code_is_another_release(build: Path, name: str) -> None:
    """Of a function, of a layer or of the template."""
    first = release.release(build, OVERRIDES)
    (build / name).write_text("3", "utf-8")
    assert release.release(build, OVERRIDES) != first


def test_another_parameter_is_another_release(build: Path) -> None:
    """The case that SAM does not notice: the alias would go on with the old value."""
    assert release.release(build, ["BusName=portway-dev", "UrlSeconds=1200"]) != release.release(build, OVERRIDES)
