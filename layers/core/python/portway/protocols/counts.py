"""Metrics in CloudWatch's embedded format: one line in the log, no call, no cost per call."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit, single_metric


def count(name: str) -> None:
    """One more of `name`, in the namespace and for the service that the environment names."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass
