"""`python -m dev.deploying.removing --env dev [--sure NAME]` (make remove): deletes a stack, and keeps its data.

What the template retains (both buckets of files, the table) stays with everything in it; the words at the end say how
to take it up again in a new stack, or to delete it for good. What is written for that lies in .portway/kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from dev import stacks
from dev.config import ROOT
from dev.deploying.asking import Ask
from dev.deploying.environments import read
from dev.stacks import NoStack, deployed

KEPT = ROOT / ".portway/kept"
BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"
IDENTIFIERS = {BUCKET: "BucketName", TABLE: "TableName"}
"""By what CloudFormation takes up a resource that is there already."""
WHOLE = (TABLE,)
"""Taken up with all its properties: the next deployment would make its indexes anew otherwise. A bucket is taken up
bare, and the next deployment sets again what it has."""


@dataclass(frozen=True, slots=True)
class Resource:
    logical_id: str
    type: str
    physical_id: str
    definition: Mapping[str, Any]

    @property
    def is_kept(self) -> bool:
        return str(self.definition.get("DeletionPolicy", "")).startswith("Retain")


def resources(cloudformation: Any, stack: str) -> Iterator[Resource]:
    """Buckets and tables of a stack. Their definitions are those that were deployed, not those of this checkout."""
    body = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    written = (json.loads(body) if isinstance(body, str) else body)["Resources"]
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] in IDENTIFIERS and each["ResourceStatus"] != "DELETE_COMPLETE":
                name = each["LogicalResourceId"]
                yield Resource(name, each["ResourceType"], each["PhysicalResourceId"], written.get(name, {}))


def to_import(kept: Sequence[Resource]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The template and the list with which CloudFormation takes up what was kept, under the names that it had."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What a removed stack of Portway left. Taken up by an import, then deployed over.",
        "Resources": {
            each.logical_id: {
                "Type": each.type,
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                **({"Properties": each.definition["Properties"]} if each.type in WHOLE else {}),
            }
            for each in kept
        },
    }
    named = [
        {
            "ResourceType": each.type,
            "LogicalResourceId": each.logical_id,
            "ResourceIdentifier": {IDENTIFIERS[each.type]: each.physical_id},
        }
        for each in kept
    ]
    return template, named


def removed(session: Any, stack: str, region: str | None, folder: Path = KEPT) -> str:
    """Deletes it. What is to be done about the rest, in words. Raises ClientError, WaiterError, NoStack."""
    cloudformation = session.client("cloudformation", region_name=region)
    deployed(cloudformation, stack)
    kept = [each for each in resources(cloudformation, stack) if each.is_kept]
    paths = _written(folder, stack, kept)
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)
    return _words(stack, kept, paths)


def _written(folder: Path, stack: str, kept: Sequence[Resource]) -> tuple[Path, Path]:
    """Beside what an earlier stack of this name left, whose files may be all that tells where its data is."""
    folder.mkdir(parents=True, exist_ok=True)
    template, named = (json.dumps(document, indent=2) + "\n" for document in to_import(kept))
    for number in itertools.count(1):
        name = stack if number == 1 else f"{stack}-{number}"
        paths = folder / f"{name}.template.json", folder / f"{name}.resources.json"
        if not paths[1].exists() or paths[1].read_text("utf-8") == named:
            break
    paths[0].write_text(template, "utf-8")
    paths[1].write_text(named, "utf-8")
    return paths


def _words(stack: str, kept: Sequence[Resource], paths: tuple[Path, Path]) -> str:
    template, named = paths
    change = f"--stack-name {stack} --change-set-name take-up"
    delete = {
        BUCKET: ".venv/bin/python -m dev.deploying.emptying {}",
        TABLE: "aws dynamodb delete-table --table-name {}",
    }
    return "\n".join(
        [
            f"{stack} is deleted. Kept, with everything in it, and paid for:",
            *(f"  {each.logical_id:<18} {each.physical_id}" for each in kept),
            "To take it up again, keep these two files, and when you want it:",
            f"  aws cloudformation create-change-set {change} --change-set-type IMPORT \\",
            f"      --template-body file://{template} --resources-to-import file://{named}",
            f"  aws cloudformation wait change-set-create-complete {change}",
            f"  aws cloudformation execute-change-set {change}",
            f"  aws cloudformation wait stack-import-complete --stack-name {stack}",
            "  make deploy",
            "To delete it for good:",
            *(f"  {delete[each.type].format(each.physical_id)}" for each in kept),
        ]
    )


def main(arguments: Sequence[str], session: Callable[[], Any] = stacks.session, ask: Ask | None = None) -> int:
    """Exit code: 0 deleted, 1 not, 2 there is no such environment or stack."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.deploying.removing", description="Delete a stack, keep its data."
    )
    parser.add_argument("--env", default="dev", help="an environment of samconfig.toml (default: dev)")
    parser.add_argument("--sure", default="", help="the name of the stack: do not ask for it")
    chosen = parser.parse_args(arguments)
    ask = ask or (input if sys.stdin.isatty() else lambda _: "")
    try:
        environment = read(chosen.env)
        question = f"{environment.stack} is deleted; its buckets of files and its table stay. The name of the stack: "
        if (chosen.sure or ask(question)) != environment.stack:
            print("Nothing was deleted. Its name is asked for, or taken from SURE=name.", file=sys.stderr)
            return 1
        here = session()
        print(removed(here, environment.stack, environment.region or here.region_name))
    except NoStack as error:
        print(error, file=sys.stderr)
        return 2
    except (BotoCoreError, ClientError, WaiterError) as error:
        print(f"{error} Look at the events of the stack; make remove may be repeated.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
