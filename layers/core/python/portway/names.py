"""File names: what is refused, what a name is cleaned to, and how it is told to a browser. Pure.

A name is data, never part of a key. It is kept as it was sent; the cleaned form is used for Content-Disposition only
(RFC 6266 with RFC 8187), where it can neither inject a header nor leave the folder it is saved to.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from portway.errors import Fault

MAX_CHARACTERS, MAX_BYTES, MAX_CLEAN_BYTES = 255, 1024, 200
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
DROPPED_FORMATS = BIDI_OVERRIDES | frozenset("\u061c\u200e\u200f")
"""Of the format characters only what turns text around: without ZWNJ and ZWJ, Persian and emoji fall apart."""
RESERVED = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9]) *(\.|$)", re.IGNORECASE)
INLINE = re.compile(r"(image|audio|video)/(?![^;]*(svg|xml))", re.IGNORECASE)
"""What a browser may show by itself: raster images, audio, video. Everything else is saved, not opened; XML of every
kind may hold scripts."""

PROGRAM = re.compile(
    "apk|app|appimage|application|appref-ms|appx|appxbundle|bash|bat|bin|chm|cmd|com|command|cpl|csh|deb|desktop|"
    "diagcab|dll|dmg|drv|elf|exe|gadget|hta|inf|ins|iso|isp|jar|jnlp|js|jse|ksh|lnk|mde|msc|msh|msi|msix|msp|mst|ocx|"
    "out|pif|pkg|ps1|ps1xml|ps2|psc1|psm1|py|pyc|pyz|rb|reg|rpm|run|scf|scr|sct|settingcontent-ms|sh|shs|so|sys|url|"
    "vb|vbe|vbs|wasm|workflow|ws|wsc|wsf|wsh|xll|zsh"
)
"""Extensions that some desktop runs when they are opened: what mail services refuse as attachments, and shells."""
SERVER_SCRIPT = re.compile("asa|asax|ascx|ashx|asmx|asp|aspx|cfm|cgi|jsp|jspx|phar|php[3457]?|phtml|shtml")
"""Extensions that web servers run, some of them also in the middle of a name (`shell.php.jpg`)."""


def runs(extension: str) -> bool:
    """Whether some desktop or web server runs files with this extension (lower case, no dot)."""
    return bool(PROGRAM.fullmatch(extension) or SERVER_SCRIPT.fullmatch(extension))


def name_faults(name: str) -> list[Fault]:
    """Everything that is wrong with a file name, by the rules that no policy can switch off."""
    size = len(name.encode("utf-8", "surrogatepass"))
    rules = (
        (not name, Fault("name", "empty", "name must not be empty.", 1, 0)),
        (
            len(name) > MAX_CHARACTERS,
            Fault("name", "too_long", f"name has over {MAX_CHARACTERS} characters.", MAX_CHARACTERS, len(name)),
        ),
        (size > MAX_BYTES, Fault("name", "too_long", f"name has over {MAX_BYTES} bytes of UTF-8.", MAX_BYTES, size)),
        (any(c < " " or c == "\x7f" for c in name), _refused("control_character", "a control character", name)),
        (bool(BIDI_OVERRIDES & set(name)), _refused("bidi_control", "a bidirectional override", name)),
        (any("\ud800" <= c <= "\udfff" for c in name), _refused("not_unicode", "half of a surrogate pair", name)),
        ("/" in name or "\\" in name, _refused("separator", "a path separator, / or \\", name)),
        (name in (".", ".."), Fault("name", "dots", "name must not be . or ..", "a name", name)),
    )
    return [fault for broken, fault in rules if broken]


def _refused(code: str, what: str, name: str) -> Fault:
    return Fault(
        "name", code, f"name holds {what}. Send the base name of the file without it.", f"without {what}", name
    )


def extension(name: str) -> str:
    """The last extension in lower case without its dot; "" when there is none (also for `.hidden`)."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def cleaned(name: str) -> str:
    """A name that is safe to save under: no path, no controls, nothing reserved, 1 to 200 bytes of UTF-8.

    Cleaning a cleaned name changes nothing. The extension is kept when the name is shortened.
    """
    clean = _cleaned_once(name)
    while (again := _cleaned_once(clean)) != clean:  # what is cut off may bring another ending to light
        clean = again
    return clean


def without_controls(text: str) -> str:
    """The text with a space for each control, and for what turns text around."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs") or c in DROPPED_FORMATS else c for c in text)


def _cleaned_once(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = unicodedata.normalize("NFC", "".join(c for c in last if _may_stay(c)))
    text = kept.strip(" .") or "file"
    if RESERVED.match(text):
        text = f"_{text}"
    stem, dot, suffix = text.rpartition(".")
    if not (dot and stem) or len(suffix.encode()) > 20:
        stem, suffix = text, ""
    ending = f".{suffix}" if suffix else ""
    room = MAX_CLEAN_BYTES - len(ending.encode())
    return (stem.encode()[:room].decode(errors="ignore").rstrip(" .") + ending).strip(" .") or "file"


def _may_stay(character: str) -> bool:
    if character in '<>:"|?*' or character in DROPPED_FORMATS:
        return False
    return unicodedata.category(character) not in {"Cc", "Cs", "Co", "Cn"}


def content_disposition(name: str, content_type: str) -> str:
    """`inline` for what a browser may show, `attachment` for all else, with the cleaned name in both notations."""
    clean = cleaned(name)
    plain = re.sub(r"[^A-Za-z0-9._ ()-]", "_", clean)
    kind = "inline" if INLINE.match(content_type) else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
