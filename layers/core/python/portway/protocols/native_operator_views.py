"""From what the core knows to the JSON that only operators see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from portway.model import Upload
from portway.operators import Overview
from portway.protocols import native_operator_wire as wire
from portway.protocols.native_views import happened, item, time_text
from portway.rates import Risk
from portway.verdicts import Verdict


def operator_list(overview: Overview) -> wire.OperatorList:
    shown = [_item(upload, overview.risks[upload.principal]) for upload in overview.page.uploads]
    return wire.OperatorList(uploads=shown, cursor=overview.page.cursor)


def _item(upload: Upload, risk: Risk) -> wire.OperatorItem:
    seen = wire.RiskView(points=risk.points, level=risk.level)
    return wire.OperatorItem(**item(upload), tenant=upload.tenant, owner=upload.owner, risk=seen)


def story(upload: Upload, now: int) -> wire.UploadStory:
    fields = {
        **item(upload),
        **happened(upload),
        "tenant": upload.tenant,
        "owner": upload.owner,
        "policy_version": upload.policy_version,
        "lease": upload.lease,
        "due_at": time_text(upload.due_at) if upload.due_at is not None else None,
        "stored": _stored(upload),
        "published": wire.PublishedView(**asdict(upload.published)) if upload.published else None,
        "verdict": _verdict(upload.verdict) if upload.verdict else None,
        "decisions": [
            wire.DecisionView(
                at=time_text(each.at),
                operator=each.operator,
                action=each.action,
                why=each.why,
                lease=each.lease,
                reason=each.reason,
            )
            for each in upload.decisions
        ],
        "server_time": time_text(now),
    }
    return wire.UploadStory(**fields)


def _stored(upload: Upload) -> Mapping[str, Any] | None:
    if upload.stored is None:
        return None
    named = ("version_id", "etag", "size", "checksum")
    return {"key": upload.key, **{name: getattr(upload.stored, name) for name in named}}


def _verdict(verdict: Verdict) -> wire.VerdictView:
    told = {name: getattr(verdict, name) for name in wire.VerdictView.model_fields}
    findings = [asdict(each) for each in verdict.findings]
    inspections = [asdict(each) for each in verdict.inspections]
    return wire.VerdictView(**{**told, "findings": findings, "inspections": inspections})
