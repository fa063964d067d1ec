"""One frozen Settings, read from the environment once. docs/operating.md lists names, defaults and units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portway.errors import BadSettings

NUMBERS = {  # variable: default, least, most
    "PORTWAY_URL_SECONDS": (900, 60, 3600),
    "PORTWAY_SESSION_HOURS": (24, 1, 168),
    "PORTWAY_MAX_SESSION_DAYS": (7, 1, 30),
    "PORTWAY_LEASE_SECONDS": (360, 10, 960),
    "PORTWAY_EVENT_SECONDS": (600, 1, 3600),
    "PORTWAY_COPY_MIB": (1024, 5, 1024),  # S3 takes no smaller parts; one request has a minute
    "PORTWAY_CREATES_PER_SECOND": (10, 1, 10_000),
    "PORTWAY_CREATE_BURST": (100, 1, 100_000),
    "PORTWAY_SIGNATURES_PER_SECOND": (5_000, 1, 1_000_000),
    "PORTWAY_SIGNATURE_BURST": (50_000, 10_000, 10_000_000),  # one answer may hold 10,000
    "PORTWAY_CLAMD_MAX_BYTES": (100 << 20, 1, (1 << 31) - 1),  # StreamMaxLength of clamd; ClamAV knows no larger files
    "PORTWAY_CLAMD_SECONDS": (120, 1, 240),
    "PORTWAY_HTTP_SECONDS": (120, 1, 240),
    "PORTWAY_SCAN_WAIT_SECONDS": (1800, 1, 86_400),
}
SCANNERS = {
    "none": (),
    "clamd": ("PORTWAY_CLAMD",),
    "guardduty": ("PORTWAY_SCAN_PLAN",),
    "http": ("PORTWAY_SCANNER_URL", "PORTWAY_HTTP_SECRET"),
}
"""Each scanner, and the variables without which it is nowhere."""
EXECUTION_ROLE_SECONDS = 900
"""The end of an execution role's credentials is invisible: longer URLs need a signer role, whose end is known."""
ROLES = ("PORTWAY_SIGNER_ROLE", "PORTWAY_DOWNLOAD_SIGNER_ROLE")
OPTIONAL = (
    *ROLES,
    "PORTWAY_DESK_SIGNER_ROLE",
    "PORTWAY_CLAMD",
    "PORTWAY_SCAN_PLAN",
    "PORTWAY_SCANNER_URL",
    "PORTWAY_HTTP_SECRET",
    "PORTWAY_FILES_HOST",
)
"""None where they are not set, or empty."""
HOST = re.compile(r"([a-z0-9-]+(\.[a-z0-9-]+)+)?")
NAMES = ("PORTWAY_TABLE", "PORTWAY_INCOMING_BUCKET", "PORTWAY_PUBLISHED_BUCKET", "PORTWAY_BUS", "PORTWAY_POLICY_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a function is told by its environment. Sizes in bytes, times as the names say."""

    table: str
    incoming_bucket: str
    published_bucket: str
    bus: str
    policy_file: str
    region: str
    s3_endpoint: str | None
    signer_role: str | None
    download_signer_role: str | None
    desk_signer_role: str | None
    tenant_claim: str
    operator_claim: str
    operator_value: str
    url_seconds: int
    session_hours: int
    max_session_days: int
    lease_seconds: int
    event_seconds: int
    copy_mib: int
    creates_per_second: int
    create_burst: int
    signatures_per_second: int
    signature_burst: int
    scanner: str
    clamd: str | None
    clamd_max_bytes: int
    clamd_seconds: int
    scan_plan: str | None
    scan_wait_seconds: int
    scanner_url: str | None
    http_secret: str | None
    http_seconds: int
    files_host: str | None


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment`. BadSettings names everything that is missing or out of range, at once."""
    wrong = [f"{name} is not set" for name in (*NAMES, "AWS_REGION") if not environment.get(name)]
    numbers: dict[str, int] = {}
    for name, (default, least, most) in NUMBERS.items():
        text = environment.get(name, str(default))
        if not text.isdecimal() or not least <= int(text) <= most:
            wrong.append(f"{name} is {text!r}, not a whole number from {least} to {most}")
        else:
            numbers[name.removeprefix("PORTWAY_").lower()] = int(text)
    if numbers.get("url_seconds", 0) > EXECUTION_ROLE_SECONDS and not all(map(environment.get, ROLES)):
        wrong.append(f"PORTWAY_URL_SECONDS over {EXECUTION_ROLE_SECONDS} needs {' and '.join(ROLES)}")
    wrong += _scanner_faults(environment) + _host_faults(environment)
    if wrong:
        raise BadSettings("; ".join(wrong))
    texts = {name.removeprefix("PORTWAY_").lower(): environment.get(name) or None for name in (*NAMES, *OPTIONAL)}
    values: dict[str, Any] = {**texts, **numbers}
    return Settings(
        region=environment["AWS_REGION"],
        s3_endpoint=environment.get("AWS_ENDPOINT_URL_S3"),
        tenant_claim=environment.get("PORTWAY_TENANT_CLAIM", "tenant"),
        operator_claim=environment.get("PORTWAY_OPERATOR_CLAIM", "roles"),
        operator_value=environment.get("PORTWAY_OPERATOR_VALUE", "operator"),
        scanner=environment.get("PORTWAY_SCANNER") or "none",
        **values,
    )


def _host_faults(environment: Mapping[str, str]) -> list[str]:
    """An address with a scheme or a path would make URLs that nobody can open."""
    host = environment.get("PORTWAY_FILES_HOST") or ""
    return [] if HOST.fullmatch(host) else [f"PORTWAY_FILES_HOST is {host!r}, not the name of a host"]


def _scanner_faults(environment: Mapping[str, str]) -> list[str]:
    """A scanner that is not known, or not told where it is, must not pass for none."""
    scanner = environment.get("PORTWAY_SCANNER") or "none"
    if scanner not in SCANNERS:
        return [f"PORTWAY_SCANNER is {scanner!r}, not one of {', '.join(SCANNERS)}"]
    lacking = [name for name in SCANNERS[scanner] if not environment.get(name)]
    return [f"PORTWAY_SCANNER is {scanner}, and {name} is not set" for name in lacking]
