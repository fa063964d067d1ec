"""What functions find, without the rest of the local stack: S3, moto, the template's resources and roles."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dev import lifeline, resources
from dev.config import Config
from dev.identity import AUDIENCE, Identity
from dev.provision.apply import provision
from dev.provision.names import Place
from dev.provision.plan import Plan
from dev.transform import ROOT, transformed

EVENTS = ROOT / "events"
HERE = "127.0.0.1"
CHOSEN = {"Issuer": "https://id.example.com/", "Audience": AUDIENCE, "AllowedOrigins": "https://www.example.com"}
EXAMPLE_ID = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
VERSIONS = ("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", "L4kqtJlcpXroDTDmpUMLUo")
"""What events/*.json are about: an upload, and the versions of its incoming and its published object."""


@dataclass(frozen=True)
class World:
    """The template's resources, ready to be used."""

    plan: Plan
    s3: Any

    def environment(self, function: str) -> dict[str, str]:
        """The template's variables, the keys of the function's role, and where AWS is."""
        return self.plan.functions[function].environment

    def event(self, name: str, upload_id: str) -> dict[str, Any]:
        """events/<name>.json about this upload, its buckets and its objects as they are now."""
        text = (EVENTS / f"{name}.json").read_text("utf-8")
        for bucket, example in zip(("Incoming", "Published"), VERSIONS, strict=True):
            real = self.plan.names[f"{bucket}Bucket"]
            text = text.replace(f"portway-{bucket.lower()}", real)
            for version in self.s3.list_object_versions(Bucket=real).get("Versions", []):
                if upload_id in version["Key"]:
                    text = text.replace(example, version["VersionId"])
        found: dict[str, Any] = json.loads(text.replace(EXAMPLE_ID, upload_id))
        return found


@contextlib.contextmanager
def world(folder: Path, host: str = HERE, functions_see: str = "") -> Iterator[World]:
    """A new one, as long as the context lasts. It listens at `host`; functions in containers see another address."""
    config, identity, data = Config.read({"PORTWAY_STATE": str(folder)}), Identity.create(), folder / "data"
    data.mkdir()
    key = f"{identity.access_key}:{identity.secret_key}"
    place = ("--data", str(data / "objects"), "--key", key, "--region", config.region)
    roles = ("--roles", str(data / resources.ROLES), "--session-key", identity.session_key)
    with _server("dev.moto", host) as moto, _server("dev.s3", host, *place, *roles, "--events", moto) as s3:
        ours = resources.Addresses(api=f"http://{HERE}", s3=s3, moto=moto)
        theirs = replace(
            ours, **{name: getattr(ours, name).replace(host, functions_see or host) for name in ("s3", "moto")}
        )
        clients = resources.clients(config.region, identity, ours)
        plan = provision(
            transformed(resources.TEMPLATE), CHOSEN, Place(config.stack, config.region, moto), clients,
            resources.function_environment(config, theirs), identity.sign_in, {},
        )  # fmt: skip
        resources.save_roles(plan, data)
        yield World(plan, clients.s3)


@contextlib.contextmanager
def _server(module: str, host: str, *arguments: str) -> Iterator[str]:
    """The URL of a server of the local stack, which ends with the context or with this process."""
    command = lifeline.command(module, "--host", host, "--port", "0", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()
