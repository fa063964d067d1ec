"""What went wrong elsewhere does not go wrong here: one test for each advisory that concerns what is built.

Named after the advisories of comparable systems; docs/security.md lists those that concern what is only planned.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.names import cleaned
from portway.policy import incoming_key, published_key
from portway.protocols import native_wire
from tests.protocols.documented import document
from tests.protocols.service import OWNER, Service
from tests.protocols.steps import BODIES, FILE, TINY, created, published, tiny

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted([*ROOT.glob("layers/core/python/**/*.py"), *ROOT.glob("functions/**/*.py")])
LAYER = (ROOT / "layers/deps/requirements.txt").read_text("utf-8")
REQUESTS = (native_wire.CreateUpload, native_wire.SignParts, native_wire.ReportProgress, native_wire.CompleteUpload)
PART_KEY = re.compile(r"in/[0-9a-f]{16}/[0-9A-HJKMNP-TV-Z]{26}")


def imported(path: Path) -> set[str]:
    """The first names of all modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def everything_imported() -> set[str]:
    return set().union(*map(imported, PRODUCT))


def signed_headers(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"][0].split(";")


def held(api: Service) -> Any:
    return repr((api.sessions.uploads, api.sessions.counters, api.objects.uploads, api.objects.versions))


def test_cve_2020_8135_cve_2020_8205_cve_2022_0086_cve_2022_0528_nothing_is_fetched() -> None:
    """No request holds an address to fetch. One room alone connects to anything but AWS: scanners of the operator's."""
    fields = {name for model in REQUESTS for name in model.model_fields}
    assert not [name for name in fields if re.search(r"ur[il]|link|host|endpoint|source|callback", name)]
    assert '"uri"' not in str(document()["paths"])
    clients = {"http.client", "urllib.request", "urllib3", "requests", "httpx", "aiohttp", "socket", "ftplib"}
    reach_out = {path.parent.name for path in PRODUCT if clients & imported(path)}
    assert reach_out <= {"outgoing"}, "to addresses that an operator configured, and to no others"


@pytest.mark.parametrize("field", ["key", "uploadId", "upload_id", "bucket", "partNumber", "status", "content_length"])
def test_uppy_35e6960ee_clients_name_no_key_and_no_upload_id(api: Service, field: str) -> None:
    """Wherever a request names a place in S3, it is refused; key and upload id come from the record alone."""
    upload_id = tiny(api, "created")
    before = held(api)
    for path in ("", f"/{upload_id}/parts", f"/{upload_id}/progress", f"/{upload_id}/complete"):
        body = {**(TINY if not path else {}), field: "in/somebody/else"}
        assert api.call("POST", f"/v1/uploads{path}", body).status == 422
    assert held(api) == before


@pytest.mark.parametrize("number", [0, -1, 4, 10_001, 1e9, "1e9", "3x", "1", True, None, [1], 1.5])
def test_uppy_35e6960ee_only_parts_of_the_upload_are_signed(api: Service, number: object) -> None:
    """A part number outside the upload, or anything that is only like a number: 422, and nothing signed."""
    upload_id = created(api)["id"]
    for body in ({"numbers": [number]}, {"range": [number, number]}):
        answer = api.call("POST", f"/v1/uploads/{upload_id}/parts", body)
        assert answer.status == 422
        assert "X-Amz-" not in answer.text


def test_cve_2020_8162_cve_2026_126085_the_length_is_in_every_signature(api: Service) -> None:
    """Created, signed one by one, or as a template, with or without checksum: content-length is a signed header."""
    made = created(api)
    path = f"/v1/uploads/{made['id']}/parts"
    alone = api.call("POST", path, {"numbers": [1, 2], "checksums": {"1": "AAAAAAAAAAA="}}).document
    template = api.call("POST", path, {"range": [1, 3], "form": "template"}).document
    urls = [part["url"] for part in (*made["signed"]["parts"], *alone["parts"])] + [template["template"]]
    assert len(urls) == 6
    assert all("content-length" in signed_headers(url) for url in urls)
    url = made["signed"]["parts"][2]["url"]
    for length in (0, len(BODIES[3]) - 1, len(BODIES[3]) + 1):
        sent = api.door.put(url, b"\3" * length, now=api.clock())
        assert (sent.status, sent.code) == (403, "SignatureDoesNotMatch")


def test_cve_2026_126084_the_type_is_ours_whatever_a_part_says(api: Service) -> None:
    """A part that is sent as text/html: the object keeps our type, and the file is saved, never opened."""
    made = api.call("POST", "/v1/uploads", {**TINY, "name": "page.html", "content_type": "text/html"}).document
    part = made["signed"]["parts"][0]
    sent = api.door.put(part["url"], b"hello", {**part["headers"], "content-type": "text/html"}, now=api.clock())
    assert sent.status == 200
    assert api.call("POST", f"/v1/uploads/{made['id']}/complete").status == 200
    api.arrive(made["id"])
    got = api.door.get(api.call("GET", f"/v1/files/{made['id']}/url").document["url"], now=api.clock())
    assert got.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("name", ["response-content-type", "response-content-disposition", "versionId"])
@pytest.mark.parametrize("change", ["exchanged", "left out", "twice"])
def test_cve_2018_16477_a_download_url_serves_what_was_signed(api: Service, name: str, change: str) -> None:
    """Type, disposition and version are in the signature: another, none, or a second one is 403."""
    url = api.call("GET", f"/v1/files/{published(api)}/url").document["url"]
    (own,) = re.findall(f"{name}=[^&]*", url)
    new = {"exchanged": f"{name}=text%2Fhtml", "left out": "", "twice": f"{own}&{name}=text%2Fhtml"}[change]
    assert api.door.get(url, now=api.clock()).status == 200
    assert api.door.get(url.replace(own, new), now=api.clock()).status == 403


INTERNAL = ("status", "verdict", "reason", "key", "owner", "tenant", "identified", "analyzed", "stored", "multipart_id")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(metadata=st.dictionaries(st.sampled_from(INTERNAL) | st.text(max_size=20), st.text(max_size=50), max_size=5))
def test_cve_2026_33173_metadata_reaches_no_field_of_ours(api: Service, metadata: dict[str, str]) -> None:
    """However metadata is called: state, verdict, type, key and owner of the record are the same as without."""
    plain = api.sessions.uploads[tiny(api, "created")]
    answer = api.call("POST", "/v1/uploads", {**TINY, "metadata": metadata})
    fields = ("status", "verdict", "owner", "tenant", "content_type", "stored", "reason", "lease")
    if answer.status == 201:
        upload = api.sessions.uploads[answer.document["id"]]
        assert dict(upload.metadata) == metadata
        assert [getattr(upload, name) for name in fields] == [getattr(plain, name) for name in fields]
        assert PART_KEY.fullmatch(upload.key)
        assert api.call("DELETE", f"/v1/uploads/{upload.id}").status == 204
    else:
        assert answer.status == 422
    assert api.call("DELETE", f"/v1/uploads/{plain.id}").status == 204


@pytest.mark.parametrize("field", INTERNAL)
def test_cve_2026_33173_a_request_cannot_name_a_field_of_ours(api: Service, field: str) -> None:
    """Beside the metadata, such a name is an unknown field."""
    answer = api.call("POST", "/v1/uploads", {**TINY, field: "x"})
    assert (answer.status, answer.document["code"]) == (422, "invalid_request")


LOADED = {
    "MATLAB 5": b"MATLAB 5.0 MAT-file, Platform: PCWIN",
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "MVG": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'url(https://evil.test)'",
    "PostScript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file",
}


@pytest.mark.parametrize("content", LOADED.values(), ids=LOADED.keys())
def test_cve_2026_66066_cve_2016_3714_a_picture_in_name_only_is_no_picture(api: Service, content: bytes) -> None:
    """What an image library would load, named .png: never served as a picture, and always saved, not opened."""
    body = {"name": "a.png", "size": len(content), "content_type": "image/png"}
    made = api.call("POST", "/v1/uploads", body).document
    api.put_parts(made["signed"], {1: content})
    assert api.call("POST", f"/v1/uploads/{made['id']}/complete").status == 200
    assert api.arrive(made["id"]) == "published"
    got = api.door.get(api.call("GET", f"/v1/files/{made['id']}/url").document["url"], now=api.clock())
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment;")


def test_cve_2016_3714_cve_2026_66066_no_decoder_is_shipped() -> None:
    """No ImageMagick, libvips, Ghostscript, ffmpeg or Pillow in the layer, and no process is ever started. Byte code is
    read from the layer alone, before any event is (portway/start.py)."""
    shipped = {line.split("==")[0].lower() for line in LAYER.splitlines() if "==" in line}
    assert not shipped & {"pillow", "pyvips", "wand", "pgmagick", "ghostscript", "ffmpeg-python", "opencv-python", "av"}
    assert not {"subprocess", "os.system", "ctypes", "pickle", "shelve"} & everything_imported()
    assert [path.name for path in PRODUCT if "marshal" in imported(path)] == ["start.py"]


def test_cve_2026_27607_supabase_1211_no_form_is_ever_signed(api: Service) -> None:
    """POST policies are not used at all, so that nothing depends on a store that enforces them."""
    made = created(api)
    for form in ("urls", "template"):
        asked = {"range": [1, 3], "form": form}
        assert api.call("POST", f"/v1/uploads/{made['id']}/parts", asked).document["method"] == "PUT"
    assert made["signed"]["method"] == "PUT"
    post = re.compile(r"generate_presigned_post|x-amz-meta-|['\"]policy['\"]:")
    assert not [path for path in PRODUCT if post.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("header", ["x-amz-copy-source", "x-amz-copy-source-range", "x-amz-acl", "x-amz-tagging"])
def test_cve_2026_39360_a_part_url_copies_nothing(api: Service, header: str) -> None:
    """Whoever may send a part may not have S3 read another object into it."""
    part = created(api)["signed"]["parts"][0]
    headers = {**part["headers"], header: "/published/files/x"}
    sent = api.door.put(part["url"], BODIES[1], headers, now=api.clock())
    assert (sent.status, sent.code) == (403, "AccessDenied")


@pytest.mark.parametrize("size", [(5 << 40) + 1, 1 << 50, (1 << 63) + 1])
def test_plane_9242_a_declared_size_is_capped_before_anything_is_asked(api: Service, size: int) -> None:
    """A size above the policy's is 413: no record, no upload in S3, no URL."""
    before = held(api)
    answer = api.call("POST", "/v1/uploads", {**FILE, "size": size, "part_size": None})
    assert (answer.status, held(api)) == (413, before)


@given(tenant=st.text(min_size=1), upload_id=st.from_regex(r"[0-9A-HJKMNP-TV-Z]{26}", fullmatch=True))
def test_cve_2026_35393_cve_2026_35392_keys_are_made_by_us(tenant: str, upload_id: str) -> None:
    """Whatever a tenant is called: a key is our prefix, a digest and an id. A file's name never becomes part of it."""
    incoming, published_as = incoming_key(tenant, upload_id), published_key(tenant, upload_id)
    assert PART_KEY.fullmatch(incoming)
    assert published_as == incoming.replace("in/", "files/", 1)


REFUSED: dict[str, tuple[str, str, str, Any]] = {
    "create, wrong": ("created", "POST", "/v1/uploads", {**TINY, "name": "a/b"}),
    "create, unknown category": ("created", "POST", "/v1/uploads", {**TINY, "category": "none"}),
    "sign, wrong part": ("created", "POST", "/v1/uploads/{}/parts", {"numbers": [2]}),
    "sign, too late": ("completed", "POST", "/v1/uploads/{}/parts", {"numbers": [1]}),
    "report, wrong part": ("created", "POST", "/v1/uploads/{}/progress", {"stored": [[1, 2]]}),
    "complete, nothing sent": ("created", "POST", "/v1/uploads/{}/complete", {}),
    "complete, other checksum": ("sent", "POST", "/v1/uploads/{}/complete", {"checksum": "AAAAAAAAAAA="}),
    "complete, other size": ("sent", "POST", "/v1/uploads/{}/complete", {"size": 6}),
    "cancel, too late": ("published", "DELETE", "/v1/uploads/{}", None),
    "delete, too early": ("completed", "DELETE", "/v1/files/{}", None),
    "read, too early": ("sent", "GET", "/v1/files/{}/url", None),
    "read, too late": ("removed", "GET", "/v1/files/{}/url", None),
}


@pytest.mark.parametrize(("until", "method", "path", "body"), REFUSED.values(), ids=REFUSED.keys())
def test_cve_2026_35471_nothing_happens_after_a_refusal(
    api: Service, until: str, method: str, path: str, body: Any
) -> None:
    """Every refusing branch ends there: stores and bus are as they were before the request."""
    upload_id = tiny(api, until)
    before, told = held(api), len(api.announcer.events)
    assert api.call(method, path.format(upload_id), body, who=OWNER).status in (409, 410, 422)
    assert (held(api), len(api.announcer.events)) == (before, told)


@given(name=st.text() | st.text("./\\ \0\u202e:~", max_size=12))
def test_cve_2026_66063_a_cleaned_name_never_leaves_its_folder(name: str) -> None:
    """Separators go, and what is left is never . or .. or empty."""
    clean = cleaned(name)
    assert clean not in ("", ".", "..")
    assert not {"/", "\\", "\0"} & set(clean)


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("text", ["", "--x", "--x\r\nContent-Disposition: form-data\r\n\r\n", "\0", "{", "[[[[", "a=b"])
def test_cve_2024_31217_a_malformed_upload_is_a_4xx(api: Service, content_type: str, text: str) -> None:
    """Forms, halves of forms and nonsense: a problem document, never an error of ours."""
    answer = api.send("POST", "/v1/uploads", text, headers={"content-type": content_type})
    assert answer.status in (400, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_tusd_367_tusd_1204_a_known_id_opens_nothing(api: Service) -> None:
    """Ids may leak with logs and addresses: whoever has one, but is not its owner, is answered as about none."""
    upload_id = published(api)
    for who in (None, {"sub": "finder", "tenant": "acme"}, {"sub": "owner", "tenant": "other"}):
        assert api.call("GET", f"/v1/files/{upload_id}/url", who=who).status in (403, 404)
