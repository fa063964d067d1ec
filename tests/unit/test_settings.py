"""What a function reads from its environment."""

from __future__ import annotations

import pytest

from portway import settings
from portway.errors import BadSettings

NEEDED = {
    "PORTWAY_TABLE": "table",
    "PORTWAY_INCOMING_BUCKET": "incoming",
    "PORTWAY_PUBLISHED_BUCKET": "published",
    "PORTWAY_BUS": "bus",
    "PORTWAY_POLICY_FILE": "/opt/policy.json",
    "AWS_REGION": "eu-central-1",
}


def test_the_names_of_the_resources_are_enough() -> None:
    """Everything else has the documented default."""
    read = settings.read(NEEDED)
    assert (read.table, read.incoming_bucket, read.published_bucket, read.bus) == (
        "table",
        "incoming",
        "published",
        "bus",
    )
    assert (read.policy_file, read.region, read.s3_endpoint) == ("/opt/policy.json", "eu-central-1", None)
    assert (read.url_seconds, read.session_hours, read.max_session_days, read.lease_seconds) == (900, 24, 7, 360)
    assert (read.tenant_claim, read.operator_claim, read.operator_value) == ("tenant", "roles", "operator")


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("PORTWAY_URL_SECONDS", "60", "url_seconds", 60),
        ("PORTWAY_URL_SECONDS", "900", "url_seconds", 900),
        ("PORTWAY_EVENT_SECONDS", "5", "event_seconds", 5),
        ("PORTWAY_COPY_MIB", "5", "copy_mib", 5),
        (
            "PORTWAY_SIGNER_ROLE",
            "arn:aws:iam::123456789012:role/signer",
            "signer_role",
            "arn:aws:iam::123456789012:role/signer",
        ),
        ("PORTWAY_SIGNER_ROLE", "", "signer_role", None),
        ("PORTWAY_DOWNLOAD_SIGNER_ROLE", "arn:downloads", "download_signer_role", "arn:downloads"),
        ("PORTWAY_SESSION_HOURS", "168", "session_hours", 168),
        ("PORTWAY_MAX_SESSION_DAYS", "1", "max_session_days", 1),
        ("PORTWAY_LEASE_SECONDS", "10", "lease_seconds", 10),
        ("PORTWAY_EVENT_SECONDS", "1", "event_seconds", 1),
        ("PORTWAY_TENANT_CLAIM", "org", "tenant_claim", "org"),
        ("PORTWAY_OPERATOR_CLAIM", "groups", "operator_claim", "groups"),
        ("PORTWAY_OPERATOR_VALUE", "admins", "operator_value", "admins"),
        ("PORTWAY_CLAMD", "tcp://clamd.internal:3310", "clamd", "tcp://clamd.internal:3310"),
        ("PORTWAY_CLAMD_MAX_BYTES", "1000", "clamd_max_bytes", 1000),
        ("PORTWAY_CLAMD_SECONDS", "240", "clamd_seconds", 240),
        ("PORTWAY_SCANNER_URL", "https://scan.example.com/", "scanner_url", "https://scan.example.com/"),
        ("PORTWAY_HTTP_SECRET", "arn:secret", "http_secret", "arn:secret"),
        ("PORTWAY_HTTP_SECONDS", "240", "http_seconds", 240),
        ("PORTWAY_FILES_HOST", "files.example.com", "files_host", "files.example.com"),
        ("PORTWAY_FILES_HOST", "", "files_host", None),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000", "s3_endpoint", "http://127.0.0.1:9000"),
    ],
)
def test_every_default_can_be_changed(name: str, text: str, field: str, value: object) -> None:
    """One variable for each setting, the limits themselves included."""
    assert getattr(settings.read({**NEEDED, name: text}), field) == value


def test_longer_urls_need_both_signer_roles() -> None:
    """The end of an execution role's credentials is invisible: a URL of an hour could die with them without a word."""
    longer = {**NEEDED, "PORTWAY_URL_SECONDS": "3600"}
    parts = {"PORTWAY_SIGNER_ROLE": "arn:aws:iam::123456789012:role/signer"}
    downloads = {"PORTWAY_DOWNLOAD_SIGNER_ROLE": "arn:aws:iam::123456789012:role/downloads"}
    for lacking in ({}, parts, downloads):
        with pytest.raises(BadSettings, match="needs PORTWAY_SIGNER_ROLE and PORTWAY_DOWNLOAD_SIGNER_ROLE"):
            settings.read({**longer, **lacking})
    assert settings.read({**longer, **parts, **downloads}).url_seconds == 3600


def test_everything_that_is_missing_is_named_at_once() -> None:
    """Whoever deploys by hand corrects once, not six times."""
    with pytest.raises(BadSettings) as caught:
        settings.read({})
    assert all(f"{name} is not set" in str(caught.value) for name in NEEDED)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORTWAY_URL_SECONDS", "59"),
        ("PORTWAY_URL_SECONDS", "3601"),
        ("PORTWAY_SESSION_HOURS", "0"),
        ("PORTWAY_MAX_SESSION_DAYS", "31"),
        ("PORTWAY_LEASE_SECONDS", "a minute"),
        ("PORTWAY_LEASE_SECONDS", "-1"),
        ("PORTWAY_LEASE_SECONDS", "10.5"),
        ("PORTWAY_LEASE_SECONDS", ""),
    ],
)
def test_a_number_out_of_range_stops_the_function(name: str, text: str) -> None:
    """A wrong number is refused with its name and its range; nothing is guessed."""
    with pytest.raises(BadSettings, match=f"{name} is {text!r}, not a whole number from"):
        settings.read({**NEEDED, name: text})


@pytest.mark.parametrize("text", ["https://files.example.com", "files.example.com/", "files", "a b.example.com"])
def test_a_host_for_files_is_a_name(text: str) -> None:
    """An address would make URLs that nobody can open."""
    with pytest.raises(BadSettings, match=r"PORTWAY_FILES_HOST is .*, not the name of a host"):
        settings.read({**NEEDED, "PORTWAY_FILES_HOST": text})


def test_missing_and_wrong_are_named_together() -> None:
    """An empty name counts as missing."""
    with pytest.raises(BadSettings, match=r"PORTWAY_BUS is not set; PORTWAY_URL_SECONDS is '5'"):
        settings.read({**NEEDED, "PORTWAY_BUS": "", "PORTWAY_URL_SECONDS": "5"})


def test_a_scanner_that_is_asked_for_is_there() -> None:
    """A misspelt scanner, or one without an address, stops the function: it must not pass for none."""
    assert settings.read(NEEDED).scanner == "none"
    read = settings.read({**NEEDED, "PORTWAY_SCANNER": "clamd", "PORTWAY_CLAMD": "unix:///run/clamd.sock"})
    assert (read.scanner, read.clamd, read.clamd_max_bytes, read.clamd_seconds) == (
        "clamd",
        "unix:///run/clamd.sock",
        100 << 20,
        120,
    )
    with pytest.raises(BadSettings, match="PORTWAY_SCANNER is 'clam', not one of none, clamd"):
        settings.read({**NEEDED, "PORTWAY_SCANNER": "clam"})
    with pytest.raises(BadSettings, match=r"PORTWAY_SCANNER_URL is not set; .* PORTWAY_HTTP_SECRET is not set"):
        settings.read({**NEEDED, "PORTWAY_SCANNER": "http"})
    with pytest.raises(BadSettings, match="PORTWAY_CLAMD is not set"):
        settings.read({**NEEDED, "PORTWAY_SCANNER": "clamd"})
