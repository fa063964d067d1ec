"""Lifecycle rules, executed when somebody says what time it is.

A rule acts as soon as its days have passed; S3 itself waits for the next midnight and then some hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from xml.etree.ElementTree import Element

from dev.s3 import uploads, versions, xml
from dev.s3.catalogue import moment
from dev.s3.refused import Refused
from dev.s3.service import Service
from dev.s3.versions import Version

BUILT = {
    "ID": set[str](),
    "Status": set[str](),
    "Prefix": set[str](),
    "Filter": {"Prefix"},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation"},
    "Expiration": {"Days", "ExpiredObjectDeleteMarker"},
    "NoncurrentVersionExpiration": {"NoncurrentDays"},
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One enabled rule; a span is None where the rule does not speak of it."""

    prefix: str
    abort_after: timedelta | None
    expire_after: timedelta | None
    forget_after: timedelta | None
    removes_lone_markers: bool


def parse(body: bytes) -> tuple[Rule, ...]:
    """The enabled rules; Refused NotImplemented naming an element that is not built."""
    rules = []
    for element in xml.parse(body, "LifecycleConfiguration").iterfind("Rule"):
        for child in element:
            unknown = {child.tag} - set(BUILT) or {part.tag for part in child} - BUILT[child.tag]
            if unknown:
                message = f"This endpoint does not implement the lifecycle element {', '.join(sorted(unknown))}."
                raise Refused(501, "NotImplemented", message)
        rule = Rule(
            xml.text(element, "Filter/Prefix") or xml.text(element, "Prefix"),
            _days(element, "AbortIncompleteMultipartUpload/DaysAfterInitiation"),
            _days(element, "Expiration/Days"),
            _days(element, "NoncurrentVersionExpiration/NoncurrentDays"),
            xml.text(element, "Expiration/ExpiredObjectDeleteMarker") == "true",
        )
        if xml.text(element, "Status") == "Enabled":
            rules.append(rule)
    return tuple(rules)


def _days(element: Element, path: str) -> timedelta | None:
    text = xml.text(element, path)
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise Refused(400, "InvalidArgument", "A number of days in a lifecycle rule must be a positive integer")
    return timedelta(days=int(text))


def run(service: Service, now: datetime) -> int:
    """Do what every bucket's rules demand at `now`; how many uploads and versions that ended.

    Call it on the endpoint's event loop.
    """
    db, files, count = service.db, list[str](), 0
    stored = list(db.rows("SELECT bucket, body FROM setting WHERE name='lifecycle'"))
    with db.transaction():
        for bucket, body in stored:
            for rule in parse(bytes(body)):
                for end in (*_abort(service, bucket, rule, now), *_expire(service, bucket, rule, now)):
                    files += end()
                    count += 1
    service.files.release(files)
    return count


End = Callable[[], list[str]]  # does it, and says which files that gives up


def _abort(service: Service, bucket: str, rule: Rule, now: datetime) -> Iterator[End]:
    if rule.abort_after is None:
        return
    for upload in list(uploads.in_order(service.db, bucket, rule.prefix)):
        if moment(upload.started) + rule.abort_after <= now:
            yield partial(uploads.close, service.db, upload)


def _expire(service: Service, bucket: str, rule: Rule, now: datetime) -> Iterator[End]:
    """Current versions get a delete marker (or go, where none are kept), noncurrent ones go for good."""
    found, newer = list(versions.in_order(service.db, bucket, rule.prefix)), None
    counts = {version.key: 0 for version in found}
    for version in found:
        counts[version.key] += 1
    for version in found:
        if newer is None or newer.key != version.key:
            yield from _end_current(service, rule, version, now, is_alone=counts[version.key] == 1)
        elif rule.forget_after and moment(newer.stored_at) + rule.forget_after <= now:
            yield partial(versions.remove, service.db, version)
        newer = version


def _end_current(service: Service, rule: Rule, version: Version, now: datetime, *, is_alone: bool) -> Iterator[End]:
    db = service.db
    if version.is_marker:
        if rule.removes_lone_markers and is_alone:
            yield partial(versions.remove, db, version)
    elif rule.expire_after and moment(version.stored_at) + rule.expire_after <= now:
        if versions.keeps_versions(db, version.bucket):
            yield lambda: versions.add(db, version.bucket, version.key, None, now)[1]
        else:
            yield partial(versions.remove, db, version)
