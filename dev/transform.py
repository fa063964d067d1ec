"""template.yaml as CloudFormation would see it after the SAM transform: plain resources that can be read and applied.

The translator needs other versions of pydantic and boto3 than we do, so it runs as a short process of the interpreter
in .venv-sam. Its answer is kept in .build, under the hash of everything it depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAM_PYTHON = ROOT / ".venv-sam/bin/python"
SAM_VERSIONS = ROOT / "requirements/sam.txt"
CACHE = ROOT / ".build"
SECONDS = 120

TRANSLATE = """
import json, sys
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

class NoManagedPolicies:
    def load(self):
        return {}

request = json.load(sys.stdin)
template = yaml_parse(request["template"])
for logical_id, resource in template["Resources"].items():
    for name in ("CodeUri", "ContentUri"):
        if name in resource.get("Properties", {}):  # the translator takes no folders; the key says whose artefact it is
            resource["Properties"][name] = {"Bucket": "local", "Key": logical_id}
json.dump(transform(template, request["parameters"], NoManagedPolicies()), sys.stdout)
"""


class TransformFailed(Exception):
    """The translator refused the template, or is not installed. The message is what it said."""


def transformed(
    template_path: Path | str, parameters: Mapping[str, str] | None = None, region: str = "eu-central-1"
) -> dict[str, Any]:
    """The template after the SAM transform, with intrinsic functions (Ref, Fn::Sub, ...) still in it.

    `parameters` are strings as `sam deploy` takes them. Only resources that SAM itself generates see their values; in
    all others the references stay, and lists (CommaDelimitedList) stay references everywhere, as in CloudFormation.
    Code and layers get the location {S3Bucket: local, S3Key: <logical id in template.yaml>}, which is also the name of
    their folder in .aws-sam/build. Raises TransformFailed.
    """
    text = Path(template_path).read_text("utf-8")
    request = {"template": text, "parameters": dict(sorted((parameters or {}).items())), "region": region}
    identity = json.dumps([request, TRANSLATE, SAM_VERSIONS.read_text("utf-8")])
    cached = CACHE / f"transformed-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"
    if not cached.exists():
        _keep(cached, _translate(request, region))
    result: dict[str, Any] = json.loads(cached.read_text("utf-8"))
    return result


def _translate(request: Mapping[str, Any], region: str) -> str:
    if not SAM_PYTHON.exists():
        raise TransformFailed(f"{SAM_PYTHON} is missing: run `make setup`")
    environment = {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/"), "AWS_DEFAULT_REGION": region}
    done = subprocess.run(
        [str(SAM_PYTHON), "-c", TRANSLATE],
        input=json.dumps(request),
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise TransformFailed(done.stderr.strip()[-4000:])
    return done.stdout


def _keep(cached: Path, text: str) -> None:
    """Rename into place: several test processes may translate at the same time."""
    cached.parent.mkdir(exist_ok=True)
    scratch = cached.with_suffix(f".{os.getpid()}")
    scratch.write_text(text, "utf-8")
    scratch.replace(cached)


if __name__ == "__main__":
    json.dump(transformed(sys.argv[1] if len(sys.argv) > 1 else ROOT / "template.yaml"), sys.stdout, indent=2)
