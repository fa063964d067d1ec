"""What the environment may choose about the local stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.faulty.plan import BadPlan, Plan

ROOT = Path(__file__).resolve().parents[1]

NOT_HERE = ("PORTWAY_SCANNER_URL", "PORTWAY_HTTP_SECRET")
"""What nobody here would sign questions for. A check by URL fails, as its policy says."""
COMPUTE = ("inprocess", "lambda")


class BadChoice(Exception):
    """What was chosen cannot be had: the message is one line that names the variable and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Ports (0 = any free one), folders, and the pace of what comes on its own."""

    port: int
    s3_port: int
    data: Path | None
    """Objects, records and keys stay here; None for a temporary folder that is removed at the end."""
    state: Path
    """Where dev.json and the logs are."""
    origins: tuple[str, ...]
    """Web origins that may use the API besides the stack's own page."""
    sweep_seconds: float
    """Rest between two sweeps; the template's schedule counts in minutes."""
    retry_seconds: int
    """When a message comes back that a function did not get done; the template's queue waits half an hour."""
    events_via: str | None
    """An EventBridge endpoint that gets the S3 endpoint's announcements instead of moto: a place for tests to stand."""
    lease_seconds: int | None
    """How long a worker has for a file before the sweeper gives it to another; None as in the template."""
    clamd: str | None
    """A clamd that scans what is uploaded (tcp://host:port, unix:///path); None for no scanner."""
    faults: str | None
    """Which faults break the connections of clients, as dev.faulty.plan reads it; None for a network without any."""
    copy_mib: int | None = None
    compute: str = "inprocess"
    """What runs as functions: the sources (inprocess), or what `make host` builds of them (lambda)."""
    policy: tuple[Path, ...] = (ROOT / "policy.yaml",)
    """What may be uploaded; files after the first add to it (dev/policy_documents.py)."""
    region: str = "eu-central-1"
    stack: str = "portway-local"

    @property
    def ahead(self) -> Path:
        """How many seconds the clock of the stack is ahead of the machine's (dev.clock); anybody may write it."""
        return self.state / "ahead"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Config:
        """Raises BadChoice."""
        if named := [name for name in NOT_HERE if environment.get(name)]:
            raise BadChoice(f"{named[0]}: the local stack has no Secrets Manager; it scans with PORTWAY_CLAMD, or not")
        data = environment.get("PORTWAY_DATA")
        return cls(
            port=_port(environment, "PORTWAY_PORT", 8787),
            s3_port=_port(environment, "PORTWAY_S3_PORT", 8788),
            data=Path(data).absolute() if data else None,
            state=Path(environment.get("PORTWAY_STATE") or ROOT / ".portway").absolute(),
            origins=tuple(filter(None, map(str.strip, environment.get("PORTWAY_ORIGINS", "").split(",")))),
            sweep_seconds=_seconds(environment, "PORTWAY_SWEEP_SECONDS", 1.0),
            retry_seconds=int(_seconds(environment, "PORTWAY_RETRY_SECONDS", 2)),
            events_via=environment.get("PORTWAY_EVENTS_VIA") or None,
            copy_mib=int(_seconds(environment, "PORTWAY_COPY_MIB", 0)) or None,
            lease_seconds=int(_seconds(environment, "PORTWAY_LEASE_SECONDS", 0)) or None,
            clamd=environment.get("PORTWAY_CLAMD") or None,
            faults=_faults(environment),
            compute=_compute(environment),
            policy=_policy(environment),
        )


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise BadChoice(f"{name} is {text!r}, not a port (0 to 65535; 0 takes any free one)")
    return int(text)


def _policy(environment: Mapping[str, str]) -> tuple[Path, ...]:
    named = environment.get("PORTWAY_POLICY", "").split() or ["policy.yaml"]
    files = tuple(ROOT / name for name in named)
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise BadChoice(f"PORTWAY_POLICY names {', '.join(missing)}, which is no file")
    return files


def _compute(environment: Mapping[str, str]) -> str:
    text = environment.get("PORTWAY_COMPUTE") or COMPUTE[0]
    if text not in COMPUTE:
        raise BadChoice(f"PORTWAY_COMPUTE is {text!r}, not {' or '.join(COMPUTE)}")
    return text


def _faults(environment: Mapping[str, str]) -> str | None:
    text = environment.get("PORTWAY_FAULTS") or None
    if text:
        try:
            Plan.read(text)
        except BadPlan as error:
            raise BadChoice(f"PORTWAY_FAULTS: {error}") from None
    return text


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise BadChoice(f"{name} is {text!r}, not a number of seconds up to a day")
    return seconds
