"""Fresh processes that handle events: functions as `make host` built them, and the peer that a team would write.

AWS is a stub that answers at once (bench/replay.py). The peer (bench/recipe) is installed twice: as pip unpacks
packages, which is how `sam build` ships them, and compiled.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.bars import LeftOut
from bench.replay import Story, Stub
from dev.artefacts import Artefact, artefacts
from dev.host import built
from dev.packages import BuildFailed, installed
from tests.conftest import ENVIRONMENT as CREDENTIALS
from tests.conftest import REGION
from tests.functions.deployed import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
FIRST, RECIPE = ROOT / "bench/first_answer.py", ROOT / "bench/recipe/app.py"
REQUIREMENTS = ROOT / "requirements/recipe.txt"
BARE, COMPILED = "recipe, no byte code", "recipe, byte code"
NOTHING = Story(None)


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of process: whose handlers it calls (one, or none), where it finds them, and what it is asked."""

    interpreter: Path
    modules: Sequence[str]
    environment: Mapping[str, str]
    story: Story = NOTHING

    def run(self, stub: Stub, times: int = 0) -> dict[str, Any]:
        """What bench/first_answer.py tells of one, and `wall`: seconds from its start to its first answer.

        AssertionError when it does not do what the story tells.
        """
        stub.play(self.story.answers * (1 + times))
        began = time.monotonic()
        done = subprocess.run(
            [self.interpreter, "-S", FIRST, str(times), *self.modules],  # -S: nothing that this machine has installed
            input=json.dumps(self.story.event),
            env={**self.environment, "AWS_ENDPOINT_URL": stub.url, "AWS_ENDPOINT_URL_S3": stub.url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        for answer in told["answers"]:
            assert answer.get("statusCode", 200) < 300, done.stdout[-3000:]
            assert not answer.get("batchItemFailures"), done.stdout[-3000:]
        assert not stub.left, f"never asked for: {[each.operation for each in stub.left]}"
        return {**told, "wall": told["at"] - began}

    def asked(self, story: Story) -> Way:
        return replace(self, story=story)

    @property
    def version(self) -> str:
        return subprocess.check_output([self.interpreter, "-V"], text=True).strip()


def functions() -> dict[str, Way]:
    """Logical id: its process. Raises LeftOut where functions cannot be built."""
    try:
        built()
    except BuildFailed as error:
        raise LeftOut(str(error)) from error
    return {name: _function(each) for name, each in artefacts(mounted=False).items()}


def _function(artefact: Artefact) -> Way:
    own = {"PORTWAY_POLICY_FILE": "/opt/policy.json", "POWERTOOLS_SERVICE_NAME": "portway", "AWS_REGION": REGION}
    environment = artefact.environment({**ENVIRONMENT, **CREDENTIALS, **own})
    return Way(artefact.interpreter, ["handler"], environment)


def recipes(like: Way) -> dict[str, Way]:
    """The peer with the interpreter of `like`: without byte code, and with."""
    bare = installed(like.interpreter, REQUIREMENTS, ROOT / ".build/recipe" / like.version.replace(" ", "") / "bare")
    compiled = bare.with_name("compiled")
    shutil.rmtree(compiled, ignore_errors=True)
    shutil.copy(RECIPE, bare)
    shutil.copytree(bare, compiled)
    subprocess.run([like.interpreter, "-m", "compileall", "-q", compiled], check=True)
    assert not list(bare.rglob("*.pyc")), f"{bare} has byte code"
    return {name: _recipe(like, folder) for name, folder in {BARE: bare, COMPILED: compiled}.items()}


def _recipe(like: Way, folder: Path) -> Way:
    """PYTHONDONTWRITEBYTECODE: what has no byte code has none in the next round either."""
    told = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return replace(like, modules=["app"], environment={**like.environment, **told})
