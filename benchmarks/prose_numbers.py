"""Would a wrong number in the words of a report be noticed: one numeral at a time, one unit of its last digit.

    python benchmarks/prose_numbers.py reports/star-2022/2024 [reports/cms-2021/2021 ...]

Folders of finished reports. Every numeral of every text, title, caption and description is raised and lowered by one
unit of its last printed digit, a fraction also cut where it had to be rounded up, and the check asked each time.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from itertools import zip_longest
from pathlib import Path

from methods.data import editions, store
from methods.report import prose
from methods.report.results import Results, spell
from methods.run import JOBS, release


def wrong(numeral: prose.Numeral, value: prose.Value) -> dict[str, str]:
    """The numeral as somebody could have it wrong; `value` is what it should say."""
    step = 10.0**-numeral.decimals
    found = {"one more": spell(numeral.value + step, numeral.decimals),
             "one less": spell(numeral.value - step, numeral.decimals)}
    cut = prose.Numeral(numeral.text[:-1].rstrip(","), 0)
    if numeral.decimals and not cut.says(value):
        found["cut, not rounded"] = cut.text
    return found


def main() -> None:
    """Print how many numerals there are, how many changes are noticed, and what goes unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    print("| report | texts | numerals | check, s | " + " | ".join(("one more", "one less", "cut, not rounded")) + " |")
    for folder in parser.parse_args().folders:
        jobs = [Results.read(folder, job) for job in JOBS if (folder / f"{job}.json").is_file()]
        root, edition = store.project_root(), editions.load_edition(store.project_root(), jobs[0].edition)
        units = store.prepare(root, edition, jobs[0].period).units
        names = {jobs[0].edition, jobs[0].period, *release.names_with_numbers(root, edition, jobs[0].period, units)}
        start = time.perf_counter()
        release.numbers_kept(folder, names)
        seconds = time.perf_counter() - start
        texts = [(f"{job.job}, {place}", text, job.behind.get(place, ())) for job in jobs for place, text in job.said()]
        tried, noticed, missed = Counter(), Counter(), []
        for place, text, values in texts:
            for numeral, value in zip_longest(prose.numerals(text), values):
                for kind, other in wrong(numeral, value).items():
                    changed = text[:numeral.start] + other + text[numeral.end:]
                    tried[kind] += 1
                    if prose.unfound(place, changed, values, names):
                        noticed[kind] += 1
                    else:
                        missed.append(f"{place}: {numeral.text} -> {other}")
        shares = " | ".join(f"{noticed[kind]} of {tried[kind]} ({100 * noticed[kind] / tried[kind]:.1f} %)"
                            for kind in ("one more", "one less", "cut, not rounded"))
        which = f"{jobs[0].edition}, {jobs[0].period}"
        print(f"| {which} | {len(texts)} | {tried['one more']} | {seconds:.2f} | {shares} |")
        print("\n".join(f"  {line}" for line in missed[:10]))


if __name__ == "__main__":
    main()
