"""`python -m dev.corpus [FAMILY …]`: the table of what is detected. What went wrong is named, and exits with 1."""

from __future__ import annotations

import sys

from dev.corpus.judging import families, judge, table


def main(wanted: list[str]) -> int:
    samples = {name: each for name, each in families().items() if not wanted or name in wanted}
    judged = {name: [judge(sample) for sample in each] for name, each in samples.items()}
    print(table(judged))
    wrong = [(name, each) for name, found in judged.items() for each in found if not each.is_right]
    for name, each in wrong:
        expected = ", ".join(sorted(each.sample.codes)) or "nothing"
        found = "; ".join(f"{one.code} ({one.detail or one.words})" for one in each.findings) or "nothing"
        print(f"{name}: {each.sample.name}: expected {expected}, found {found}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
