"""File names: which are refused, what others are cleaned to, and what a browser is told."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway.names import cleaned, content_disposition, extension, name_faults

HOSTILE = [
    "../../etc/passwd",
    "a\r\nSet-Cookie: x=1",
    'x"; filename="evil.html',
    "..\\..\\w.exe",
    "CON",
    "con.txt",
    "\u202egnp.exe",
    "a" * 500,
    "",
    "...",
    "%00.jpg",
    "a\0.jpg",
]
CURIOUS = (
    "aZ.9 /\\-_%\"';:<>|?*\r\n\t\0\u00a0\u0301\u0338\u200b\u200d\u202e\u2066\u2028\ud800\ue000\uffffcon💾é文İ\u212a"
)
NAMES = st.one_of(
    st.text(CURIOUS, max_size=30),
    st.text(st.characters(), max_size=40),
    st.builds(
        "".join, st.lists(st.sampled_from(["con", "nul", ".", " ", "  ", ".txt", "é" * 90, "x" * 180, "b" * 25, "a"]))
    ),
)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("", ["empty"]),
        ("a" * 255, []),
        ("a" * 256, ["too_long"]),
        ("💾" * 255, []),
        ("💾" * 256, ["too_long"]),
        ("💾" * 257, ["too_long", "too_long"]),
        ("a\0b", ["control_character"]),
        ("a\tb", ["control_character"]),
        ("a\x7f", ["control_character"]),
        *((f"a{mark}b", ["bidi_control"]) for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
        ("\ud83d.png", ["not_unicode"]),
        ("a/b", ["separator"]),
        ("a\\b", ["separator"]),
        (".", ["dots"]),
        ("..", ["dots"]),
        ("../x\r\n", ["control_character", "separator"]),
    ],
)
def test_what_no_policy_allows_is_refused(name: str, codes: list[str]) -> None:
    """Each fault is named, all at once, with limit and value."""
    faults = name_faults(name)
    assert [fault.code for fault in faults] == codes
    assert all(fault.field == "name" and fault.message and fault.limit is not None for fault in faults)


@pytest.mark.parametrize(
    "name",
    [
        "song.mp3",
        "Grüße aus Köln.pdf",
        "文件.txt",
        ".hidden",
        "...",
        "a b",
        "réponse\u200d.md",
        "می\u200cخواهم.doc",
        "👨\u200d👩\u200d👧.png",
    ],
)
def test_names_of_all_languages_are_welcome(name: str) -> None:
    """Only what endangers somebody is refused: joiners, emoji, hidden files and blanks stay possible."""
    assert name_faults(name) == []


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie x=1"),
        ('x"; filename="evil.html', "x; filename=evil.html"),
        ("..\\..\\w.exe", "w.exe"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Lpt9.tar.gz", "_Lpt9.tar.gz"),
        ("console.txt", "console.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a" * 500, "a" * 200),
        ("a" * 500 + ".tar", "a" * 196 + ".tar"),
        ("é" * 500 + ".pdf", "é" * 98 + ".pdf"),
        ("", "file"),
        ("...", "file"),
        ("dir/", "file"),
        ("%00.jpg", "%00.jpg"),
        ("a\0.jpg", "a.jpg"),
        (".hidden", "hidden"),
        ("e\u0301.txt", "é.txt"),
        ("e\u202e\u0301.txt", "é.txt"),
        ("con   .txt", "_con.txt"),
        ("con" + " " * 300 + ".txt", "_con.txt"),
        ("می\u200cخواهم.doc", "می\u200cخواهم.doc"),
    ],
)
def test_a_name_is_cleaned_to_what_a_person_would_expect(name: str, clean: str) -> None:
    """The path goes, the rest stays as far as it is harmless; a long name keeps its extension."""
    assert cleaned(name) == clean


@settings(max_examples=5000)
@given(NAMES)
def test_a_cleaned_name_is_safe_to_save_under(name: str) -> None:
    """Whatever was sent: one to 200 bytes, no path, no NUL, no line end, not . or .., no device; clean stays clean."""
    clean = cleaned(name)
    assert 1 <= len(clean.encode()) <= 200
    assert clean not in (".", "..")
    assert not set(clean) & set('/\\\0\r\n<>:"|?*\u202e\u2066')
    assert clean == clean.strip(" .") == unicodedata.normalize("NFC", clean)
    assert not re.match(r"(con|prn|aux|nul|com[1-9]|lpt[1-9]) *(\.|$)", clean, re.IGNORECASE)
    assert cleaned(clean) == clean


@settings(max_examples=5000)
@given(NAMES, st.sampled_from(["image/png", "text/html", "application/pdf"]))
def test_a_name_cannot_break_out_of_its_header(name: str, content_type: str) -> None:
    """Pure ASCII, one line, exactly two quotes; both notations hold the same cleaned name."""
    header = content_disposition(name, content_type)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    match = re.fullmatch(r"""(inline|attachment); filename="([^"\\]+)"; filename\*=UTF-8''([^\s;,'"]+)""", header)
    assert match
    assert unquote(match[3]) == cleaned(name)
    assert len(match[2]) == len(cleaned(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_the_hostile_names_are_refused_or_harmless(name: str) -> None:
    """The classic attacks: each is refused at create, or its header is as tame as any other's."""
    header = content_disposition(name, "application/pdf")
    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2
    assert "\r" not in header
    assert "\n" not in header
    assert ".." not in header


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", "inline"),
        ("IMAGE/PNG", "inline"),
        ("audio/mpeg", "inline"),
        ("video/mp4; codecs=avc1", "inline"),
        ("image/svg+xml", "attachment"),
        ("image/SVG+XML", "attachment"),
        ("Image/Svg+Xml; charset=utf-8", "attachment"),
        ("image/anything+xml", "attachment"),
        ("video/anything+XML", "attachment"),
        ("text/html", "attachment"),
        ("application/pdf", "attachment"),
        ("application/octet-stream", "attachment"),
        ("x-image/png", "attachment"),
    ],
)
def test_only_what_cannot_run_is_shown_in_a_browser(content_type: str, kind: str) -> None:
    """Raster images, audio and video; everything that may hold a script is saved, however its type is spelled."""
    assert content_disposition("a", content_type).startswith(f"{kind}; ")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.PNG", "png"),
        ("a.tar.gz", "gz"),
        ("README", ""),
        (".hidden", ""),
        ("a.", ""),
        (".tar.gz", "gz"),
        ("a.ｐｎｇ", "ｐｎｇ"),
    ],
)
def test_the_extension_is_the_last_one(name: str, suffix: str) -> None:
    """In lower case, without its dot; a hidden file has none."""
    assert extension(name) == suffix
