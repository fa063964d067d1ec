"""Designs that nobody could count here, from what their protocols ask for: the same upload as the counted one, with
other ways for the bytes. And what happens beside an upload: scanners, standing costs, SnapStart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bench.cost import assumptions as assumed
from bench.cost.prices import Usage
from bench.cost.site import memory

HOURS = assumed.MONTH_SECONDS / 3600


def usage(**items: float) -> Usage:
    """Names of the price table with `__` for their dot."""
    return Usage({name.replace("__", "."): amount for name, amount in items.items()})


def relayed(size: int, chunk: float) -> Usage:
    """The bytes through gateway and function, chunk by chunk, into parts of at least 5 MiB."""
    count = -(-size // chunk)
    seconds = size / assumed.RELAY_BYTES_PER_SECOND + count * assumed.RELAY_WAIT_MS / 1000
    return usage(
        api__request=count * -(-chunk // assumed.API_UNIT),
        lambda__request=count,
        lambda__gb_second=seconds * assumed.RELAY_MIB / 1024,
        s3__put=-(-size // (5 * assumed.MIB)),
        logs__gb=count * (assumed.PLATFORM_LOG_BYTES + assumed.ACCESS_LOG_BYTES) / 1e9,
    )


def through_tus(size: int) -> Usage:
    """Chunks of 4 MiB: each moves the offset in the record under a lock (a read, two writes); every other is kept as an
    object until it makes a part with the next."""
    count = -(-size // assumed.TUS_CHUNK)
    pairs = count // 2
    kept = usage(s3__put=pairs, s3__get=pairs, dynamodb__read=count, dynamodb__write=2 * count)
    return relayed(size, assumed.TUS_CHUNK) + kept


def through_server(size: int) -> Usage:
    """A server puts parts of 50 MiB; its load balancer is paid by the byte. The server itself: `server_month`."""
    parts = -(-size // assumed.SERVER_PART)
    return usage(s3__put=parts + 2, balancer__unit_hour=size / 1e9)


def server_month() -> Usage:
    """One smallest task of Fargate behind a load balancer: tusd, or Companion, always on, with no spare."""
    return usage(
        fargate__vcpu_hour=assumed.SERVER_VCPU * HOURS,
        fargate__gb_hour=assumed.SERVER_GB * HOURS,
        balancer__hour=HOURS,
        ipv4__hour=assumed.SERVER_ADDRESSES * HOURS,
    )


def scanned_by_guardduty(size: int) -> Usage:
    """Its own price, and one more event, message and invocation that hears of its result."""
    again = usage(lambda__request=1, lambda__gb_second=0.1 * memory("process") / 1024, sqs__request=3)
    return again + usage(guardduty__gb=size / 1e9, guardduty__object=1)


def scanned_by_clamd(size: int) -> Usage:
    """The function reads the file and sends it on. The scanner itself: `clamd_month`."""
    seconds = size / assumed.RELAY_BYTES_PER_SECOND
    return usage(
        s3__get=-(-size // assumed.SCAN_CHUNK),
        lambda__gb_second=seconds * memory("process") / 1024,
    )


def clamd_month() -> Usage:
    return usage(fargate__vcpu_hour=assumed.CLAMD_VCPU * HOURS, fargate__gb_hour=assumed.CLAMD_GB * HOURS)


def snapstart_month() -> Usage:
    """One cached version of the API function; each restore is billed besides."""
    return usage(
        lambda__snapstart_cached_gb_second=assumed.MONTH_SECONDS * memory("api") / 1024,
    )


def idle_month(template: Mapping[str, Any], sweep: Usage) -> Mapping[str, Usage]:
    """What the deployed template costs while nobody uploads. `sweep` is one sweep of nothing, counted."""
    kinds = Counter(each["Type"] for each in template["Resources"].values() if "Condition" not in each)
    functions = [each["Properties"] for each in template["Resources"].values() if "Function" in each["Type"]]
    sources = [source["Type"] for each in functions for source in each.get("Events", {}).values()]
    minutes = float(template["Parameters"]["SweepMinutes"]["Default"])
    sweeps = assumed.MONTH_SECONDS / (60 * minutes)
    receives = sources.count("SQS") * assumed.POLLERS * assumed.MONTH_SECONDS / assumed.POLL_SECONDS
    days = float(template["Parameters"]["LogDays"]["Default"])
    logged = sweeps * sweep["logs.gb"]
    return {
        f"empty receives of {sources.count('SQS')} queues (model)": usage(sqs__request=receives),
        f"a sweep every {minutes:.0f} minutes": sweep.times(sweeps),
        f"logs of sweeps, kept {days:.0f} days": usage(logs__gb_month=logged * days * 86_400 / assumed.MONTH_SECONDS),
        f"{kinds['AWS::CloudWatch::Alarm']} alarms": usage(cloudwatch__alarm_month=kinds["AWS::CloudWatch::Alarm"]),
        f"{kinds['AWS::KMS::Key']} keys of KMS": usage(kms__key_month=kinds["AWS::KMS::Key"]),
    }
