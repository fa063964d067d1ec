"""Cold start: a fresh process from its first instruction to its first answer, over an empty interpreter.

Each function is what `make host` built, with its layers, in an interpreter of the version it is built for. AWS is a
stub that answers at once (bench/replay.py). The peer is what a team writes by the books of its libraries
(bench/recipe), asked the same in the same run: once without byte code, as `sam build` ships it, and once with.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from bench.bars import LeftOut, judged
from bench.cost.site import site
from bench.cost.stories import Design, body_of, create
from bench.replay import Recorder, Story, Stub
from dev.artefacts import Artefact, artefacts
from dev.host import BuildFailed, built, installed
from tests.conftest import ENVIRONMENT as CREDENTIALS
from tests.conftest import REGION
from tests.functions.deployed import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
FIRST, RECIPE = ROOT / "bench/first_answer.py", ROOT / "bench/recipe/app.py"
REQUIREMENTS = ROOT / "requirements/recipe.txt"
ROUNDS = 25
MIB = 1 << 20
MS = 1000
EMPTY, BARE, COMPILED = "empty interpreter", "recipe, no byte code", "recipe, byte code"
FUNCTIONS = {
    "api: status": "ApiFunction",
    "api: create": "ApiFunction",
    "process": "ProcessFunction",
    "dead_letter": "DeadLetterFunction",
    "derive": "DeriveFunction",
    "sweep": "SweepFunction",
}
BARS = {"api: status": (0.45, 0.75), "process": (0.35, 0.65), "sweep": (0.35, 0.65)}
"""What of the recipe's CPU a function may take: of the recipe without byte code, and with."""


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one process: CPU (user and system) until the module was there and until it had answered, and the
    time from its start to its answer."""

    init: float
    cpu: float
    wall: float
    modules: float


@dataclass(frozen=True, slots=True)
class Way:
    """One kind of process: whose handlers it calls (one, or none), where it finds them, and what it is asked."""

    interpreter: Path
    modules: Sequence[str]
    environment: Mapping[str, str]
    story: Story

    def run(self, stub: Stub) -> Took:
        """One fresh process. AssertionError when it does not do what the story tells."""
        stub.play(self.story.answers)
        began = time.monotonic()
        done = subprocess.run(
            [self.interpreter, "-S", FIRST, *self.modules],  # -S: nothing that this machine has installed
            input=json.dumps(self.story.event),
            env={**self.environment, "AWS_ENDPOINT_URL": stub.url, "AWS_ENDPOINT_URL_S3": stub.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        told = json.loads(done.stdout.strip().splitlines()[-1])
        for answer in told["answers"]:
            assert answer.get("statusCode", 200) < 300, done.stdout[-3000:]
            assert not answer.get("batchItemFailures"), done.stdout[-3000:]
        assert not stub.left, f"never asked for: {[each.operation for each in stub.left]}"
        return Took(told["ready"] * MS, told["answered"] * MS, (told["at"] - began) * MS, told["modules"])


def stories() -> dict[str, Story]:
    """What each function is asked first, and what AWS answers, from two uploads on the functions themselves."""
    recorder = Recorder()
    with tempfile.TemporaryDirectory(prefix="portway-cold-") as folder, recorder.attached(), site(Path(folder)) as here:
        with recorder.listening(here):
            _, upload = create(here, 5 * MIB + 1, Design(part_size=5 * MIB, first=2))
            recorder.keep("api", "api: create")
            here.put(upload["signed"]["parts"][1], body_of(5 * MIB, 1))
            here.ask("status", upload["id"])
            recorder.keep("api", "api: status")
            _, small = create(here, 1000, Design(is_single=True))
            here.put(small["signed"]["parts"][0], body_of(0, 1000))
            here.process(small["id"])
            here.derive(small["id"])
            here.sweep()
        with contextlib.redirect_stdout(io.StringIO()):
            recorder.tell("dead_letter", here.portway.dead_letter, recorder.stories["process"].event)
    return recorder.stories


def ours(artefact: Artefact, story: Story) -> Way:
    own = {"PORTWAY_POLICY_FILE": "/opt/policy.json", "POWERTOOLS_SERVICE_NAME": "portway", "AWS_REGION": REGION}
    environment = artefact.environment({**ENVIRONMENT, **CREDENTIALS, **own})
    return Way(artefact.interpreter, ["handler"], environment, story)


def recipe(like: Way, folder: Path, asked: Story) -> Way:
    """The same request to the peer, with the answers of the two calls that it makes."""
    environment = {**like.environment, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    story = Story(asked.event, asked.named("GetItem", "ListParts"))
    return Way(like.interpreter, ["app"], environment, story)


def recipes(interpreter: Path) -> dict[str, Path]:
    """The peer's folders: as pip unpacks packages, and compiled."""
    minor = subprocess.check_output([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True)
    bare = installed(interpreter, REQUIREMENTS, ROOT / ".build/recipe" / minor.strip() / "bare")
    compiled = bare.with_name("compiled")
    shutil.rmtree(compiled, ignore_errors=True)
    shutil.copy(RECIPE, bare)
    shutil.copytree(bare, compiled)
    subprocess.run([interpreter, "-m", "compileall", "-q", compiled], check=True)
    assert not list(bare.rglob("*.pyc")), f"{bare} has byte code"
    return {BARE: bare, COMPILED: compiled}


def ways() -> dict[str, Way]:
    """Raises LeftOut where the functions cannot be built."""
    try:
        built()
    except BuildFailed as error:
        raise LeftOut(str(error)) from error
    known, found = stories(), artefacts(mounted=False)
    made = {name: ours(found[function], known[name]) for name, function in FUNCTIONS.items()}
    api = made["api: status"]
    peers = {name: recipe(api, folder, api.story) for name, folder in recipes(api.interpreter).items()}
    return {EMPTY: Way(api.interpreter, [], api.environment, Story(None)), **peers, **made}


def rows(rounds: int = ROUNDS) -> Iterator[str]:
    """Medians of so many processes of each, in turns, over the empty interpreter's; and the ratios with their bars."""
    known, took = ways(), dict[str, list[Took]]()
    with Stub().running() as stub:
        for _ in range(rounds):
            for name, way in known.items():
                took.setdefault(name, []).append(way.run(stub))
    floor = median(took.pop(EMPTY))
    each = {name: over(median(several), floor) for name, several in took.items()}
    version = subprocess.check_output([known[EMPTY].interpreter, "-V"], text=True).strip()
    yield f"fresh process to first answer, ms over an empty interpreter ({version}, median of {rounds})"
    yield f"  {'':22} {'init, CPU':>9} {'answer, CPU':>12} {'wall':>6} {'modules':>8}"
    for name, one in each.items():
        yield f"  {name:22} {one.init:9.0f} {one.cpu:12.0f} {one.wall:6.0f} {one.modules:8.0f}"
    for name, bars in BARS.items():
        for peer, bar in zip((BARE, COMPILED), bars, strict=True):
            ratio = each[name].cpu / each[peer].cpu
            yield judged(f"  CPU, {name}/{peer}", f"{ratio:.2f}", f"≤ {bar}", ratio <= bar)


def median(several: Sequence[Took]) -> Took:
    return Took(*(statistics.median(getattr(one, each.name) for one in several) for each in fields(Took)))


def over(one: Took, floor: Took) -> Took:
    return Took(one.init - floor.init, one.cpu - floor.cpu, one.wall - floor.wall, one.modules)


def short() -> Iterator[str]:
    return rows(rounds=1)
