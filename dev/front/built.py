"""Functions as `make host` built them, each process behind a Runtime API of its own: PORTWAY_COMPUTE=lambda."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO, Any

from dev.artefacts import Artefact
from dev.config import ROOT
from dev.front.process import Process
from dev.front.runtime_api import Endpoint
from dev.front.workers import Start
from dev.provision.plan import Function

RUNTIME = ROOT / "dev/front/runtime.py"


class BuiltWorker:
    """A process that runs awslambdaric, and its endpoint. See Worker."""

    def __init__(self, process: Process, endpoint: Endpoint) -> None:
        self._process, self._endpoint = process, endpoint

    @property
    def runs(self) -> bool:
        return self._process.runs

    async def call(self, event: bytes) -> Any:
        return await self._process.unless_it_ends(self._endpoint.invoke(event))

    async def end(self) -> None:
        await self._process.end()
        await self._endpoint.close()


def from_artefacts(found: Mapping[str, Artefact], ahead: str) -> Start:
    """Workers of these artefacts (logical id: artefact) whose clock follows the file `ahead`."""

    async def start(logical_id: str, function: Function, log: IO[bytes]) -> BuiltWorker:
        artefact = found[logical_id]
        endpoint = Endpoint(function.arn, function.timeout_seconds)
        address = await endpoint.open()
        arguments = [str(os.getpid()), ahead, artefact.handler, function.name]
        process = await Process.start(
            function,
            artefact.inside([str(artefact.interpreter), str(RUNTIME), *arguments]),
            log,
            environment=artefact.environment(_variables(function, address)),
            folder=artefact.task,
        )
        worker = BuiltWorker(process, endpoint)
        try:
            await process.ready(endpoint.ready)
        except BaseException:
            await worker.end()
            raise
        return worker

    return start


def _variables(function: Function, address: str) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_RUNTIME_API": address,
        **function.environment,
    }
