"""`python -m dev.everything`: template.yaml as if all that it offers were on by default, as .build/everything.yaml.

For rules that look at what the defaults make and at nothing else (checkov). Scanning by GuardDuty is in, since it makes
resources; other scanners only change values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dev.config import ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0"
EVERYTHING = {
    "Rollout": "Canary10Percent5Minutes",
    "SnapStart": "PublishedVersions",
    "ApiDomain": "api.example.com",
    "ApiCertificate": CERTIFICATE,
    "PageCdn": "true",
    "PageDomain": "upload.example.com",
    "PageCertificate": CERTIFICATE,
    "FilesCdn": "true",
    "FilesDomain": "files.example.com",
    "FilesCertificate": CERTIFICATE,
}
"""All that a deployment may ask for beside a scanner."""
SCANNING = {
    "Scanner": "guardduty",
    "HttpSecret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x",
    "CheckFunctions": "arn:aws:lambda:eu-central-1:123456789012:function:x",
}


def with_defaults(template: str, values: Mapping[str, str]) -> str:
    """The text of a template, with other defaults. KeyError for a parameter that has none."""
    for name, value in values.items():
        found = re.search(rf"^  {name}:\n(?:    .*\n)*?    Default: (.*)$", template, re.MULTILINE)
        if not found:
            raise KeyError(name)
        template = f'{template[: found.start(1)]}"{value}"{template[found.end(1) :]}'
    return template


def main() -> None:
    made = ROOT / ".build/everything.yaml"
    made.parent.mkdir(exist_ok=True)
    made.write_text(with_defaults((ROOT / "template.yaml").read_text("utf-8"), EVERYTHING | SCANNING), "utf-8")


if __name__ == "__main__":
    main()
