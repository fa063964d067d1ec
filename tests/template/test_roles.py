"""What each function may do in AWS, and above all what it may not."""

from __future__ import annotations

import pytest

from tests.template.iam import Ask, allowed
from tests.template.stack import Stack

ID = "in/822b33ad87c148a0/7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
FILE = "files/822b33ad87c148a0/7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
RESULT = f"{FILE}/thumbnail-256.webp"
FUNCTIONS = ("ApiFunction", "ProcessFunction", "DeadLetterFunction", "DeriveFunction", "SweepFunction")
API, PROCESS, DEAD, DERIVE, SWEEP = FUNCTIONS
ANYBODY = frozenset(FUNCTIONS)
SIGNERS = ("Signer", "DownloadSigner", "DeskSigner")
SIGNER, DOWNLOADS, DESK = SIGNERS
HOLDERS = (*FUNCTIONS, *SIGNERS)

# (action, resource as logical id + suffix, condition keys): which roles may. Nobody else may, whatever is not
# listed nobody may: the tests below ask every role every question.
Question = tuple[str, str, tuple[tuple[str, str], ...]]
RIGHTS: dict[Question, frozenset[str]] = {
    ("s3:PutObject", f"IncomingBucket/{ID}", ()): frozenset({API, SWEEP, SIGNER}),
    ("s3:AbortMultipartUpload", f"IncomingBucket/{ID}", ()): frozenset({API, SWEEP}),
    ("s3:ListMultipartUploadParts", f"IncomingBucket/{ID}", ()): frozenset({API, SWEEP}),
    ("s3:GetObject", f"IncomingBucket/{ID}", ()): frozenset({API, PROCESS, SWEEP}),
    ("s3:GetObjectVersion", f"IncomingBucket/{ID}", ()): frozenset({PROCESS, DEAD, SWEEP, DESK}),
    ("s3:DeleteObjectVersion", f"IncomingBucket/{ID}", ()): frozenset({API, SWEEP}),
    ("s3:ListBucket", "IncomingBucket", ()): frozenset({API, PROCESS, SWEEP}),
    ("s3:ListBucketMultipartUploads", "IncomingBucket", (("s3:prefix", ID),)): frozenset({API, SWEEP}),
    ("s3:ListBucketMultipartUploads", "IncomingBucket", ()): frozenset(),
    ("s3:PutObject", f"PublishedBucket/{FILE}", ()): frozenset({PROCESS, DEAD, SWEEP}),
    ("s3:ListMultipartUploadParts", f"PublishedBucket/{FILE}", ()): frozenset({PROCESS, DEAD, SWEEP}),
    ("s3:AbortMultipartUpload", f"PublishedBucket/{FILE}", ()): frozenset({PROCESS, DEAD, SWEEP}),
    ("s3:ListBucketMultipartUploads", "PublishedBucket", (("s3:prefix", FILE),)): frozenset({SWEEP}),
    ("s3:ListBucketMultipartUploads", "PublishedBucket", ()): frozenset(),
    ("s3:GetObject", f"PublishedBucket/{FILE}", ()): frozenset(),
    ("s3:GetObjectVersion", f"PublishedBucket/{FILE}", ()): frozenset({DOWNLOADS, DERIVE}),
    ("s3:GetObject", f"PublishedBucket/{RESULT}", ()): frozenset({DOWNLOADS}),
    ("s3:PutObject", f"PublishedBucket/{RESULT}", ()): frozenset({PROCESS, DEAD, SWEEP, DERIVE}),
    ("s3:DeleteObjectVersion", f"PublishedBucket/{FILE}", ()): frozenset({API, SWEEP}),
    ("s3:ListBucketVersions", "PublishedBucket", (("s3:prefix", FILE),)): frozenset({API, PROCESS, DEAD, SWEEP}),
    ("s3:ListBucketVersions", "PublishedBucket", (("s3:prefix", ""),)): frozenset(),
    ("dynamodb:GetItem", "Table", ()): ANYBODY,
    ("dynamodb:UpdateItem", "Table", ()): ANYBODY,
    ("dynamodb:PutItem", "Table", ()): ANYBODY,
    ("dynamodb:BatchGetItem", "Table", ()): frozenset({API, SWEEP}),
    ("dynamodb:BatchWriteItem", "Table", ()): frozenset({API, SWEEP}),
    ("dynamodb:Query", "Table/index/by-owner", ()): frozenset({API}),
    ("dynamodb:Query", "Table/index/by-kept", ()): frozenset({API}),
    ("dynamodb:Query", "Table/index/by-due", ()): frozenset({SWEEP}),
    ("events:PutEvents", "Bus", ()): ANYBODY,
    ("sts:AssumeRole", "SignerRole", ()): frozenset({API}),
    ("sts:AssumeRole", "DownloadSignerRole", ()): frozenset({API}),
    ("sts:AssumeRole", "DeskSignerRole", ()): frozenset({API}),
    ("sqs:ReceiveMessage", "ProcessQueue", ()): frozenset({PROCESS}),
    ("sqs:DeleteMessage", "ProcessQueue", ()): frozenset({PROCESS}),
    ("sqs:GetQueueAttributes", "ProcessQueue", ()): frozenset({PROCESS}),
    ("sqs:ReceiveMessage", "ProcessDeadLetterQueue", ()): frozenset({DEAD}),
    ("sqs:DeleteMessage", "ProcessDeadLetterQueue", ()): frozenset({DEAD}),
    ("sqs:GetQueueAttributes", "ProcessDeadLetterQueue", ()): frozenset({DEAD}),
    ("sqs:ReceiveMessage", "DeriveQueue", ()): frozenset({DERIVE}),
    ("sqs:DeleteMessage", "DeriveQueue", ()): frozenset({DERIVE}),
    ("sqs:GetQueueAttributes", "DeriveQueue", ()): frozenset({DERIVE}),
}
NEVER: list[Question] = [
    *(
        (f"s3:{action}", f"{bucket}/{key}", ())
        for bucket, key in (("IncomingBucket", ID), ("PublishedBucket", FILE))
        for action in (
            "PutObjectAcl",
            "PutObjectTagging",
            "PutObjectRetention",
            "DeleteObject",
            "BypassGovernanceRetention",
        )
    ),
    *(
        (f"s3:{action}", bucket, ())
        for bucket in ("IncomingBucket", "PublishedBucket")
        for action in ("PutBucketPolicy", "PutBucketCors", "PutBucketAcl", "PutLifecycleConfiguration", "DeleteBucket")
    ),
    ("s3:PutObject", "IncomingBucket/elsewhere", ()),
    ("s3:GetObject", "IncomingBucket/elsewhere", ()),
    ("s3:PutObject", "PublishedBucket/elsewhere", ()),
    ("s3:GetObject", "PublishedBucket/elsewhere", ()),
    ("s3:ListBucket", "PublishedBucket", ()),
    ("dynamodb:DeleteItem", "Table", ()),
    ("dynamodb:Scan", "Table", ()),
    ("dynamodb:Query", "Table", ()),
    ("dynamodb:DeleteTable", "Table", ()),
    ("sqs:SendMessage", "ProcessQueue", ()),
    ("sqs:ReceiveMessage", "PublishedQueue", ()),
    ("sqs:SendMessage", "ProcessDeadLetterQueue", ()),
    ("sqs:StartMessageMoveTask", "UnendedQueue", ()),
    ("sqs:ReceiveMessage", "UnendedQueue", ()),
    ("sqs:ReceiveMessage", "PublishedDeadLetterQueue", ()),
    ("iam:PassRole", "ApiFunctionRole", ()),
    ("sts:AssumeRole", "ApiFunctionRole", ()),
    ("lambda:InvokeFunction", "ApiFunction", ()),
]


def ask(stack: Stack, question: Question) -> Ask:
    action, place, context = question
    logical_id, slash, rest = place.partition("/")
    return Ask(action, stack.arn(logical_id) + slash + rest, dict(context))


@pytest.mark.parametrize("function", HOLDERS)
@pytest.mark.parametrize("question", RIGHTS, ids=lambda question: " ".join(question[:2]))
def test_a_function_may_do_what_its_work_needs_and_no_other_function_may(
    stack: Stack, function: str, question: Question
) -> None:
    """Code that runs in one function can do only what that function is for."""
    assert allowed(stack.role(function), ask(stack, question)) == (function in RIGHTS[question])


@pytest.mark.parametrize("function", HOLDERS)
@pytest.mark.parametrize("question", NEVER, ids=lambda question: " ".join(question[:2]))
def test_nobody_may_do_what_no_function_is_for(stack: Stack, function: str, question: Question) -> None:
    """No function can open a bucket, empty a queue, scan the table, or touch keys outside its prefix."""
    assert not allowed(stack.role(function), ask(stack, question))


@pytest.mark.parametrize("function", HOLDERS)
def test_every_action_granted_is_one_that_this_file_asks_about(stack: Stack, function: str) -> None:
    """A right cannot be added to a role without being added to the table above."""
    asked = {question[0] for question, holders in RIGHTS.items() if function in holders}
    granted = {action for statement in stack.role(function) for action in _list(statement["Action"])}
    assert granted - asked == (set() if function in SIGNERS else {"logs:CreateLogStream", "logs:PutLogEvents"})
    assert not asked - granted


@pytest.mark.parametrize("function", HOLDERS)
def test_roles_name_actions_and_resources_without_wildcards_in_place_of_names(stack: Stack, function: str) -> None:
    """No role says s3:* or Resource *; a wildcard stands only behind our own bucket's prefix or log group."""
    for statement in stack.role(function):
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in _list(statement["Action"]))
        for resource in _list(statement["Resource"]):
            place = resource.removesuffix("/files/*/*/*").removesuffix("/in/*").removesuffix("/files/*")
            assert place.removesuffix(":*").count("*") == 0, resource


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_only_its_own_log(stack: Stack, function: str) -> None:
    """What one function logs cannot be forged by another."""
    for other in FUNCTIONS:
        stream = stack.arn(f"{other}LogGroup").removesuffix("*") + "log-stream:x"
        assert allowed(stack.role(function), Ask("logs:PutLogEvents", stream)) == (function == other)


def test_each_function_has_a_role_of_its_own_that_only_lambda_can_take(stack: Stack) -> None:
    """Two functions never share rights, and no other service or account can act as one."""
    functions = stack.of_type("AWS::Lambda::Function")
    assert {name: made["Role"] for name, made in functions.items()} == {n: stack.arn(f"{n}Role") for n in FUNCTIONS}
    for function in FUNCTIONS:
        (trust,) = stack.properties(f"{function}Role")["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert trust["Action"] == "sts:AssumeRole"
        assert "ManagedPolicyArns" not in stack.properties(f"{function}Role")


def test_only_the_api_function_can_take_a_signer_role(stack: Stack) -> None:
    """No service, no other account and no other function can sign URLs, and the trust names one role exactly."""
    for signer in SIGNERS:
        properties = stack.properties(f"{signer}Role")
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"AWS": stack.arn("ApiFunctionRole")}
        assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
        assert "ManagedPolicyArns" not in properties


def test_the_function_signs_with_the_roles_that_the_template_made(stack: Stack) -> None:
    """Part URLs, download URLs and the desk's have a signer each; a function that signs nothing is told of none."""
    names = {
        "PORTWAY_SIGNER_ROLE": SIGNER,
        "PORTWAY_DOWNLOAD_SIGNER_ROLE": DOWNLOADS,
        "PORTWAY_DESK_SIGNER_ROLE": DESK,
    }
    for function in FUNCTIONS:
        variables = stack.properties(function)["Environment"]["Variables"]
        found = {name: value for name, value in variables.items() if name in names}
        assert found == ({name: stack.arn(f"{role}Role") for name, role in names.items()} if function == API else {})


def test_the_scheduler_may_only_start_the_sweep(stack: Stack) -> None:
    """The role that the transform makes for the schedule invokes one function and fills one dead letter queue."""
    policies = stack.properties("SweepFunctionScheduleRole")["Policies"]
    granted = {
        (statement["Action"], statement["Resource"])
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert granted == {
        ("lambda:InvokeFunction", stack.named("SweepFunctionAliaslive").ref),
        ("sqs:SendMessage", stack.arn("RuleDeadLetterQueue")),
    }


def _list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
