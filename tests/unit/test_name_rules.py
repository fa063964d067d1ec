"""Unusual file names: a category takes them, cleans them or refuses them, as its policy says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.name_rules import TRAITS, NameRule, Ruling, kept_name, ruled_out
from portway.names import cleaned, name_faults
from tests.unit.test_names import HOSTILE, NAMES

NFC, NFD = "\u00e9t\u00e9.txt", "e\u0301te\u0301.txt"
SPEAKS: dict[NameRule, list[str]] = {
    NameRule.HIDDEN: [".bashrc", ".htaccess", "...", " .profile", ".a.png"],
    NameRule.EXECUTABLE: [
        "setup.exe",
        "SETUP.EXE",
        "a.exe.",
        "a.exe ",
        "a.exe. .",
        "a.ex?e",
        "a.e\u200ex\u200fe",
        "page.php",
        "run.SH",
        "x.lnk",
        "a.jpg.scr",
    ],
    NameRule.DOUBLE_EXTENSION: [
        "invoice.pdf.exe",
        "INVOICE.PDF.EXE",
        "invoice.pdf          .exe",
        "invoice.pdf.exe.",
        "shell.php.jpg",
        "shell.php5.gif",
        "photo.jpg.js",
        "setup.msi.exe",
        "data.json.php",
    ],
    NameRule.SPECIAL_CHARACTER: [f"a{character}b" for character in '<>:"|?*'],
    NameRule.RESERVED: ["CON", "con.txt", "Aux.tar.gz", "nul", "COM1", "lpt9.doc", "prn  .txt"],
    NameRule.NOT_NFC: [NFD, "\u212b.txt"],
}
SILENT: dict[NameRule, list[str]] = {
    NameRule.HIDDEN: ["bashrc", "a.", "a .b", "\u2024bashrc"],
    NameRule.EXECUTABLE: ["README", "exe", "a.exe.txt", "a.pdf", "a.ex", "a.tar.gz"],
    NameRule.DOUBLE_EXTENSION: [
        "a.tar.gz",
        "report.v1.2.pdf",
        "setup-1.2.exe",
        "a.exe",
        "jquery.min.js",
        "a.b.c",
        "com.pdf",
    ],
    NameRule.SPECIAL_CHARACTER: ["a;b", "a'b", "a%b", "a b", "\uff1f"],
    NameRule.RESERVED: ["console.txt", "icon", "com10", "nullable.md", "a.con"],
    NameRule.NOT_NFC: [NFC, "\u6587\u4ef6.txt", "plain"],
}


def cases(table: dict[NameRule, list[str]]) -> list[tuple[NameRule, str]]:
    return [(rule, name) for rule, names in table.items() for name in names]


@pytest.mark.parametrize(("rule", "name"), cases(SPEAKS))
def test_a_rule_that_refuses_names_itself(rule: NameRule, name: str) -> None:
    """The fault says which rule and which name, in words that help; the same name is taken where the rule allows it."""
    (fault,) = ruled_out({rule: Ruling.REFUSE}, name)
    assert (fault.field, fault.code, fault.value) == ("name", rule, name)
    assert TRAITS[rule].words in fault.message
    assert ruled_out(dict.fromkeys(NameRule, Ruling.ALLOW), name) == []


@pytest.mark.parametrize(("rule", "name"), cases(SILENT))
def test_a_rule_leaves_other_names_alone(rule: NameRule, name: str) -> None:
    """Strict rules do not annoy people with usual names."""
    assert ruled_out({rule: Ruling.REFUSE}, name) == []
    assert kept_name({rule: Ruling.CLEAN}, name) == name


@pytest.mark.parametrize(("rule", "name"), [case for case in cases(SPEAKS) if TRAITS[case[0]].is_cleanable])
def test_cleaning_takes_away_what_the_rule_is_about(rule: NameRule, name: str) -> None:
    """The record holds the cleaned name, which breaks no rule of this kind."""
    kept = kept_name({rule: Ruling.CLEAN}, name)
    assert kept == cleaned(name) != name
    assert ruled_out({rule: Ruling.REFUSE}, kept) == []
    assert ruled_out({rule: Ruling.CLEAN}, name) == []


def test_every_rule_that_a_name_breaks_is_named() -> None:
    """One answer is enough to correct everything."""
    found = ruled_out(dict.fromkeys(NameRule, Ruling.REFUSE), '.inv"oice.pdf.exe')
    assert [fault.code for fault in found] == ["hidden", "executable", "double_extension", "special_character"]


def test_a_name_is_kept_as_it_was_sent_where_everything_is_allowed() -> None:
    """Composed or not, hidden or not: a name is data."""
    allow = dict.fromkeys(NameRule, Ruling.ALLOW)
    assert all(kept_name(allow, name) == name for names in SPEAKS.values() for name in names)


@given(st.one_of(NAMES, st.sampled_from(HOSTILE)))
def test_what_a_clean_category_keeps_is_harmless(name: str) -> None:
    """Where every rule cleans that can, the kept name breaks none of them, and cleaning it again changes nothing."""
    rulings = {rule: Ruling.CLEAN for rule, trait in TRAITS.items() if trait.is_cleanable}
    if name_faults(name):
        return
    kept = kept_name(rulings, name)
    assert name_faults(kept) == []
    assert ruled_out(dict.fromkeys(rulings, Ruling.REFUSE), kept) == []
    assert kept_name(rulings, kept) == kept


@given(NAMES)
def test_a_program_is_recognised_as_it_would_be_saved(name: str) -> None:
    """A name that a browser would save as a program is refused under whatever disguise it was sent."""
    refuse = {NameRule.EXECUTABLE: Ruling.REFUSE}
    for sent in (f"{name}.exe", f"{name}.exe.", f"{name}.e<xe"):
        assert bool(ruled_out(refuse, cleaned(sent))) <= bool(ruled_out(refuse, sent))
