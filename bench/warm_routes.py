"""Warm requests: CPU and time of the handler of each route, in what `make host` built, while AWS answers at once.

Beside the recipe's status (bench/recipe), which does a part of ours, and its bare route: Powertools' resolver and
validation with nothing behind. What is above that is mostly calls, some 0.8 ms of CPU each with botocore.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.cost.site import Site, site
from bench.cost.stories import Design, body_of, create
from bench.fresh import COMPILED, Way, functions, recipes
from bench.replay import Recorder, Story, Stub

TIMES = 300
PART, HUNDRED = 5 << 20, 100
MS = 1000


def stories() -> dict[str, Story]:
    """What is asked of each route, and what AWS answers."""
    recorder = Recorder()
    with (
        tempfile.TemporaryDirectory(prefix="portway-warm-") as folder,
        recorder.attached(),
        site(Path(folder)) as here,
        recorder.listening(here),
    ):
        return dict(told(recorder, here))


def told(recorder: Recorder, here: Site) -> Iterator[tuple[str, Story]]:
    """The lives of three uploads, request by request. The first of a kind does not count: it asks for the owner's rate
    twice."""

    def ask(name: str, upload_id: str, body: Any = None) -> Story:
        here.ask(name, upload_id, body)
        return recorder.stories["api"]

    _, many = create(here, HUNDRED * PART, Design(part_size=PART, first=0))
    ask("sign", many["id"], {"range": [1, 1]})
    yield "sign 100", ask("sign", many["id"], {"range": [1, HUNDRED]})
    yield "sign 100, template", ask("sign", many["id"], {"range": [1, HUNDRED], "form": "template"})
    yield "progress", ask("progress", many["id"], {"stored": [[1, 1]]})
    _, upload = create(here, PART + 1, Design(part_size=PART, first=2))
    yield "create, 2 signed", recorder.stories["api"]
    for part in upload["signed"]["parts"]:
        here.put(part, body_of((part["number"] - 1) * PART, part["length"]))
    yield "status, open", ask("status", upload["id"])
    yield "parts", ask("parts", upload["id"])
    yield "complete", ask("complete", upload["id"], {"size": PART + 1})
    yield "status, stored", ask("status", upload["id"])
    _, small = create(here, 1000, Design(is_single=True))
    yield "create, one PUT", recorder.stories["api"]
    here.put(small["signed"]["parts"][0], body_of(0, 1000))
    here.process(upload["id"])
    here.process(small["id"])
    yield "file", ask("file", small["id"])
    yield "file URL", ask("file_url", small["id"])
    yield "list", ask("list", small["id"])


def ways() -> Mapping[str, Way]:
    """Raises LeftOut where the functions cannot be built."""
    api, known = functions()["ApiFunction"], stories()
    peer, open_ = recipes(api)[COMPILED], known["status, open"]
    bare = {**open_.event, "rawPath": "/v1/bare/1", "requestContext": {**open_.event["requestContext"]}}
    bare["requestContext"]["http"] = {**bare["requestContext"]["http"], "path": "/v1/bare/1"}
    return {
        "recipe: no calls": peer.asked(Story(bare)),
        "recipe: status": peer.asked(Story(open_.event, open_.named("GetItem", "ListParts"))),
        **{name: api.asked(story) for name, story in known.items()},
    }


def rows(times: int = TIMES) -> Iterator[str]:
    """One process for each route, which is asked the same again and again."""
    known = ways()
    yield f"warm handler, ms ({known['status, open'].version}, {times} requests each, calls answered at once)"
    yield f"  {'':22} {'calls':>5} {'CPU':>7} {'p50':>7} {'p95':>7}"
    with Stub().running() as stub:
        for name, way in known.items():
            further = way.run(stub, times)["further"]
            cpu = statistics.median(cpu for cpu, _ in further) * MS
            marks = statistics.quantiles([wall * MS for _, wall in further], n=20, method="inclusive")
            yield f"  {name:22} {len(way.story.answers):5} {cpu:7.2f} {marks[9]:7.2f} {marks[18]:7.2f}"


def short() -> Iterator[str]:
    return rows(times=2)
