"""policy.yaml and its compiler: `make policy` tells every mistake, or writes what the functions read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.policy import compile_policy, main
from dev.policy_documents import Invalid
from portway import policy
from portway.name_rules import NameRule, Ruling
from portway.quotas import Quota, Room
from portway.scans import ScanRule

GOOD = """
default_category: pictures
categories:
  pictures:
    about: Pictures.
    min_size: 1 B
    max_size: 2 MiB
    content_types: ["image/*"]
    extensions: [png]
    on_mismatch: reject
    scan: required
    names: {hidden: clean, executable: refuse}
quotas:
  owner: {bytes: 1 GiB, open_uploads: 5}
  tenant: {bytes: 1 TiB, open_uploads: 50}
  tenants:
    acme: {owner: {bytes: 5 GiB}}
    globex: {tenant: {open_uploads: 0}}
"""


def test_sizes_become_bytes() -> None:
    """Written for people, compiled for functions."""
    pictures = policy.load(compile_policy(GOOD)).categories["pictures"]
    assert (pictures.min_size, pictures.max_size) == (1, 2 * 1024**2)


@pytest.mark.parametrize(
    ("written", "size"),
    [("7", 7), ("7 B", 7), ("1KiB", 1024), ("3 MiB", 3 << 20), ("5 GiB", 5 << 30), ("5120 MiB", 5 << 30)],
)
def test_every_unit_is_known(written: str, size: int) -> None:
    """Plain bytes, or a binary unit with or without a blank."""
    document = compile_policy(GOOD.replace("2 MiB", written))
    assert policy.load(document).categories["pictures"].max_size == size


@pytest.mark.parametrize("rule", ScanRule)
def test_every_category_says_whether_it_is_scanned(rule: ScanRule) -> None:
    """To pass files that nobody scanned is a choice that somebody wrote down, never a default."""
    written = compile_policy(GOOD.replace("scan: required", f"scan: {rule}"))
    assert policy.load(written).categories["pictures"].scan is rule
    with pytest.raises(Invalid, match="'scan' is a required property"):
        compile_policy(GOOD.replace("    scan: required\n", ""))
    with pytest.raises(Invalid, match=r"categories\.pictures\.scan"):
        compile_policy(GOOD.replace("scan: required", "scan: sometimes"))


def test_a_file_that_s3_would_not_keep_is_not_allowed() -> None:
    """S3's own limit, 48.8 TiB: nobody could send the last part of a larger file."""
    with pytest.raises(Invalid, match="max_size 54975581388800 is over 53687091200000"):
        compile_policy(GOOD.replace("2 MiB", "50 TiB"))


def test_how_a_category_is_published() -> None:
    """What is not written is as usual: nobody but its reader keeps a file, and the incoming copy goes after an hour."""
    rules = policy.load(compile_policy(GOOD)).categories["pictures"].publish
    assert rules == policy.Publish("private", 1)
    written = GOOD.replace("max_size: 2 MiB", "max_size: 2 MiB\n    publish: {cache_control: 'private, max-age=60'}")
    rules = policy.load(compile_policy(written)).categories["pictures"].publish
    assert rules == policy.Publish("private, max-age=60", 1)


@pytest.mark.parametrize("wrong", ["cache_control: 'a\\r\\nb'", "keep_incoming_hours: 0", "cached: true"])
def test_a_way_of_publishing_that_cannot_be_is_not_allowed(wrong: str) -> None:
    """A header is one line of directives; the incoming copy stays while late calls may still land."""
    with pytest.raises(Invalid, match="publish"):
        compile_policy(GOOD.replace("max_size: 2 MiB", f"max_size: 2 MiB\n    publish: {{{wrong}}}"))


def test_a_name_rule_that_is_not_written_allows() -> None:
    """What is compiled holds every rule, so that nothing depends on what a function takes for granted."""
    names = policy.load(compile_policy(GOOD)).categories["pictures"].names
    assert names == {
        NameRule.HIDDEN: Ruling.CLEAN,
        NameRule.EXECUTABLE: Ruling.REFUSE,
        NameRule.DOUBLE_EXTENSION: Ruling.ALLOW,
        NameRule.SPECIAL_CHARACTER: Ruling.ALLOW,
        NameRule.RESERVED: Ruling.ALLOW,
        NameRule.NOT_NFC: Ruling.ALLOW,
    }


def test_a_tenant_may_have_something_else() -> None:
    """What its exception does not name is as usual, and a tenant that is not named has the usual room."""
    quotas = policy.load(compile_policy(GOOD)).quotas
    owner, tenant = Quota(1 << 30, 5), Quota(1 << 40, 50)
    assert quotas.of("initech") == Room(owner, tenant)
    assert quotas.of("acme") == Room(Quota(5 << 30, 5), tenant)
    assert quotas.of("globex") == Room(owner, Quota(1 << 40, 0))


def test_the_shipped_policy_is_valid() -> None:
    """What the repository ships takes any file up to 5 TiB."""
    shipped = policy.load(compile_policy((Path(__file__).parents[2] / "policy.yaml").read_text("utf-8")))
    anything = shipped.categories[shipped.default_category]
    assert (anything.min_size, anything.max_size) == (0, 5 << 40)
    assert shipped.quotas.of("acme") == Room(Quota(1 << 40, 100), Quota(10 << 40, 1000))


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("2 MiB", "2 MB", "categories.pictures.max_size"),
        ("2 MiB", "-1", "categories.pictures.max_size"),
        ("2 MiB", "1.5 MiB", "categories.pictures.max_size"),
        ("reject", "refuse", "'refuse' is not one of"),
        ("[png]", "[PNG]", "categories.pictures.extensions.0"),
        ("[png]", "[png, png]", "categories.pictures.extensions"),
        ("[png]", "[]", "categories.pictures.extensions"),
        ('["image/*"]', "image/*", "categories.pictures.content_types"),
        ("    about: Pictures.\n", "", "'about' is a required property"),
        ("    min_size: 1 B\n", "", "'min_size' is a required property"),
        ("  pictures:", "  Pictures:", "categories: 'Pictures' does not match"),
        ("on_mismatch", "on_mismatches", "'on_mismatches' was unexpected"),
        ("default_category: pictures", "default_category: films", "there is no category 'films'"),
        ("hidden: clean", "hidden: drop", "categories.pictures.names.hidden"),
        ("executable: refuse", "executable: clean", "categories.pictures.names.executable"),
        ("hidden: clean", "secret: clean", "'secret' was unexpected"),
        ("1 B", "3 MiB", "min_size 3145728 is over max_size 2097152"),
        ("categories:", "categories: [", "not YAML"),
        ("open_uploads: 5}", "open_uploads: -5}", "quotas.owner.open_uploads"),
        ("open_uploads: 5}", "open_uploads: 5 B}", "quotas.owner.open_uploads"),
        ("{bytes: 1 GiB, ", "{", "quotas.owner: 'bytes' is a required property"),
        ("1 TiB", "a lot", "quotas.tenant.bytes"),
        ("  owner:", "  user:", "'user' was unexpected"),
        ("  acme:", "  7:", "quotas.tenants: 7 is not of type 'string'"),
        ("bytes: 5 GiB", "byte: 5 GiB", "quotas.tenants.acme.owner"),
    ],
)
def test_a_mistake_is_named_with_its_place(was: str, becomes: str, complaint: str) -> None:
    """A typing error costs one look, not a deployment."""
    assert was in GOOD
    with pytest.raises(Invalid) as caught:
        compile_policy(GOOD.replace(was, becomes))
    assert complaint in str(caught.value)


def test_every_mistake_is_named_at_once() -> None:
    """Those of form together, and those of meaning together."""
    with pytest.raises(Invalid) as caught:
        compile_policy(GOOD.replace("2 MiB", "much").replace("reject", "refuse").replace("[png]", "png"))
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(Invalid) as caught:
        compile_policy(GOOD.replace("1 B", "3 MiB").replace("default_category: pictures", "default_category: films"))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "- a\n- b", "just words", "categories: {}", "1"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    """An empty file does not allow everything."""
    with pytest.raises(Invalid):
        compile_policy(text)


def test_the_command_writes_the_compiled_document(tmp_path: Path) -> None:
    """Exit code 0, and the folders it needs."""
    source, target = tmp_path / "policy.yaml", tmp_path / "build" / "policy.json"
    source.write_text(GOOD, encoding="utf-8")
    assert main(str(source), str(target)) == 0
    assert target.read_text("utf-8") == compile_policy(GOOD)


def test_the_command_writes_nothing_after_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, the mistakes on stderr, and the old document stays."""
    source, target = tmp_path / "policy.yaml", tmp_path / "policy.json"
    source.write_text(GOOD.replace("reject", "refuse"), encoding="utf-8")
    assert main(str(source), str(target)) == 1
    assert not target.exists()
    assert "categories.pictures.on_mismatch" in capsys.readouterr().err
