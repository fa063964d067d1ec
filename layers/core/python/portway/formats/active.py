"""What runs or loads something in pages and drawings: addresses and styles. URL Standard 4.4; CSS Syntax 4.3.7."""

from __future__ import annotations

import re

from portway.content import Anatomy, Trick

DROPPED = re.compile(r"[\x00-\x20\u00a0]+")
"""Browsers drop these from addresses (URL Standard, 4.4: leading, and tabs and line ends everywhere)."""
RUNS = re.compile(
    r"(?:^|[;,])(?:(?:java|vb|live)script:|"
    r"data:(?:text/(?:html|xml)|application/(?:xhtml\+xml|xml|javascript)|text/javascript))"
)
"""At the beginning, or as one of a list, as in the values of an animation."""
PICTURE_THAT_RUNS = re.compile("data:image/svg")
AWAY = re.compile(r"(?![#?]|data:|about:)(?:[a-z][a-z0-9+.\-]*:|[/\\]{2})")
"""Everything that names a scheme or a host."""
STYLE_RUNS = re.compile(r"expression\(|(?:java|vb)script:|-moz-binding|(?<![a-z-])behaviou?r:")
STYLE_LOADS = re.compile(r"@import|url\(['\"]?(?![#'\")]|data:)|image-set\(['\"]?(?:https?:)?//")
ESCAPED = re.compile(r"\\([0-9a-f]{1,6})[ \t\n\r\f]?|\\(.)", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
"""One without an end goes on to the end (CSS Syntax 4.3.2)."""


def plain(address: str) -> str:
    """An address as browsers see it."""
    return DROPPED.sub("", address).lower()


def runs(address: str) -> bool:
    """Does following this address run a script?"""
    return bool(RUNS.search(plain(address)))


def note_style(style: str, anatomy: Anatomy, where: str) -> None:
    """Notes what a style sheet runs or loads, also where it is spelt with escapes."""
    shown = DROPPED.sub("", ESCAPED.sub(_unescaped, COMMENT.sub("", style))).lower()
    if STYLE_RUNS.search(shown):
        anatomy.mark(Trick.SCRIPT, f"style of {where}")
    loads = STYLE_LOADS.search(shown)
    if loads:
        anatomy.mark(Trick.EXTERNAL_REFERENCE, f"style of {where}: {shown[loads.start() :][:80]}")


def _unescaped(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else 0
    return found[2] or (chr(number) if 0 < number < 0x110000 else "\ufffd")
