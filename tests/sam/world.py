"""What the functions find: the strict S3 endpoint, moto, and the template's resources and roles between them."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
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
def world(folder: Path) -> Iterator[World]:
    """A new one, as long as the context lasts."""
    config, identity, data = Config.read({"PORTWAY_STATE": str(folder)}), Identity.create(), folder / "data"
    data.mkdir()
    key = f"{identity.access_key}:{identity.secret_key}"
    place = ("--port", "0", "--data", str(data / "objects"), "--key", key, "--region", config.region)
    roles = ("--roles", str(data / resources.ROLES), "--session-key", identity.session_key)
    with _server("dev.moto") as moto, _server("dev.s3", *place, *roles, "--events", moto) as s3:
        addresses = resources.Addresses(api="http://127.0.0.1", s3=s3, moto=moto)
        clients = resources.clients(config.region, identity, addresses)
        chosen = {
            "Issuer": "https://id.example.com/",
            "Audience": AUDIENCE,
            "AllowedOrigins": "https://www.example.com",
        }
        plan = provision(
            transformed(resources.TEMPLATE), chosen, Place(config.stack, config.region, moto), clients,
            resources.function_environment(config, addresses), identity.sign_in, {},
        )  # fmt: skip
        resources.save_roles(plan, data)
        yield World(plan, clients.s3)


@contextlib.contextmanager
def _server(module: str, *arguments: str) -> Iterator[str]:
    """The URL of a server of the local stack, which ends with the context or with this process."""
    with subprocess.Popen(lifeline.command(module, *arguments), stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()
