"""What a category makes of unusual file names: takes them, cleans them or refuses them. Pure.

These rules protect people who save or open what others sent; Portway itself never uses a name as a key or a path.
What endangers anybody in every case is refused by names.py, whatever a policy says.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portway.errors import Fault
from portway.media_types import EXTENSIONS
from portway.names import PROGRAM, RESERVED, SERVER_SCRIPT, cleaned, extension, runs


class NameRule(StrEnum):
    """What may be unusual about a name."""

    HIDDEN = "hidden"
    EXECUTABLE = "executable"
    DOUBLE_EXTENSION = "double_extension"
    SPECIAL_CHARACTER = "special_character"
    RESERVED = "reserved"
    NOT_NFC = "not_nfc"


class Ruling(StrEnum):
    """What happens to such a name. `clean`: the record holds what `names.cleaned` makes of it."""

    ALLOW = "allow"
    CLEAN = "clean"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Trait:
    """When a rule speaks about a name, in words and as a test; whether cleaning takes it away."""

    words: str
    holds: Callable[[str], bool]
    is_cleanable: bool


def _is_executable(name: str) -> bool:
    """Also behind dots, blanks and characters that a system drops when the file is saved."""
    return any(runs(extension(form)) for form in (name, name.rstrip(" ."), cleaned(name)))


def _is_double(name: str) -> bool:
    """A program that poses as something else, or a server's script in the middle; `a.tar.gz` is neither."""
    _, *extensions = (each.strip() for each in cleaned(name).lower().split("."))
    inner, last = extensions[:-1], extensions[-1] if extensions else ""
    poses = any(f".{each}" in EXTENSIONS or PROGRAM.fullmatch(each) for each in inner)
    return any(map(SERVER_SCRIPT.fullmatch, inner)) or (poses and runs(last))


TRAITS: Mapping[NameRule, Trait] = {
    NameRule.HIDDEN: Trait("begins with a dot", lambda name: name.lstrip(" ").startswith("."), True),
    NameRule.EXECUTABLE: Trait("has the extension of a program or script", _is_executable, False),
    NameRule.DOUBLE_EXTENSION: Trait("hides a program or script behind a second extension", _is_double, False),
    NameRule.SPECIAL_CHARACTER: Trait(
        'holds one of < > : " | ? *', lambda name: not set('<>:"|?*').isdisjoint(name), True
    ),
    NameRule.RESERVED: Trait("is a device name of Windows", lambda name: bool(RESERVED.match(name)), True),
    NameRule.NOT_NFC: Trait(
        "is not in Unicode's composed form (NFC)", lambda name: not unicodedata.is_normalized("NFC", name), True
    ),
}


def kept_name(rulings: Mapping[NameRule, Ruling], name: str) -> str:
    """The name that goes into the record: as it was sent, or cleaned if a rule says so."""
    return cleaned(name) if _with(rulings, Ruling.CLEAN, name) else name


def ruled_out(rulings: Mapping[NameRule, Ruling], name: str) -> list[Fault]:
    """A fault for each rule by which this name, as it was sent, is refused."""
    words = "This category takes no name that {}. Rename the file."
    return [
        Fault("name", rule.value, words.format(TRAITS[rule].words), value=name)
        for rule in _with(rulings, Ruling.REFUSE, name)
    ]


def _with(rulings: Mapping[NameRule, Ruling], wanted: Ruling, name: str) -> list[NameRule]:
    return [rule for rule, ruling in rulings.items() if ruling is wanted and TRAITS[rule].holds(name)]
