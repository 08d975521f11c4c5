"""How soon a moved slider is answered: by the page of `zvezda what-if` and by the block of a report without a server.

    .venv/bin/python benchmarks/what_if.py [--moves 15] [--editions star-2022 cms-2021]

The calculation is `WhatIf.outcome` and the HTML of the page, in this process: wall and processor time. In the browser
it is the time from the key that moves the slider to the last change of the page, in headless Chromium on the same
machine. The block is measured in the newest report of the edition, if there is one: from the slider to the drawn page.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from methods.data import store
from methods.data.publication import published
from methods.data.shared_errors import common_error
from methods.report.what_if import Page, visible_units
from methods.sensitivity.what_if import WhatIf
from tests.chromium import Chromium, end, executable

COMMAND = "import sys; from methods.cli import main; sys.exit(main())"
WATCH = """
window.drawn = 0; window.keyed = 0;
new MutationObserver(() => { window.drawn = performance.now(); })
  .observe(document.querySelector('.what-if-found'), {childList: true, subtree: true});
document.addEventListener('keydown', () => { window.keyed = performance.now(); window.drawn = 0; }, true); 1"""

MOVE = """new Promise(done => {{
  const range = document.querySelector('.what-if input[type=range]'), begun = performance.now();
  range.value = Number(range.value) + {step};
  range.dispatchEvent(new Event('input', {{bubbles: true}}));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
}})"""


def told(title, wall, processor=None):
    """Median and span of the milliseconds."""
    own = "" if processor is None else f", processor {np.median(processor):.0f}"
    print(f"  {title:34} {np.median(wall):4.0f} ms ({min(wall):.0f}-{max(wall):.0f}){own}", flush=True)


def calculated(version, moves):
    """Milliseconds of one redraw by what is moved, without a browser."""
    edition, measured, _ = store.scored(version)
    view = published(version)
    visible = visible_units(view.scores, view.reasons.index, measured.measurements, edition)
    what_if = WhatIf(measured.measurements, edition, among=visible.index, common=common_error(measured, edition))
    page = Page(what_if, measured.units, visible, lambda choice, outcome: "")
    controls = page.controls
    elements = {"weight of a group": "index", "weight inside a group": next(iter(edition.groups))}
    kinds = {title: next(iter(controls.weights[element].values())).slider for title, element in elements.items()}
    kinds |= {"share of the survey": controls.survey} if controls.survey else {}
    kinds |= {"border of a grade": controls.cuts[0]} if controls.cuts else {}
    for title, slider in kinds.items():
        wall, processor = [], []
        for number in range(moves + 2):
            start = time.perf_counter(), time.process_time()
            slider.value = slider.value + (1.0 if number % 2 else 2.0) * (1 if number % 4 < 2 else -1)
            wall.append(1000 * (time.perf_counter() - start[0]))
            processor.append(1000 * (time.process_time() - start[1]))
        told(title, wall[2:], processor[2:])
        page.reset()


def seen(version, moves):
    """Milliseconds from the key to the redrawn page, in the browser."""
    process = subprocess.Popen([sys.executable, "-P", "-c", COMMAND, "what-if", "-e", version, "--no-browser"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        with Chromium(timeout=300) as page:
            time.sleep(2)
            start = time.perf_counter()
            page.open(url, ready="document.querySelectorAll('.what-if-table tbody tr').length > 0")
            print(f"  {'page open after':34} {time.perf_counter() - start:4.1f} s")
            page.evaluate(WATCH)
            wall = []
            for _ in range(moves + 2):
                page.evaluate("document.querySelector('.noUi-handle').focus()")
                page.press("ArrowRight")
                page.wait("window.drawn > window.keyed && performance.now() - window.drawn > 400")
                wall.append(page.evaluate("window.drawn - window.keyed"))
            told("weight of a group, in the browser", wall[2:])
    finally:
        end(process)


def in_report(version, moves):
    """Milliseconds from a moved slider of the report's block to the drawn page."""
    reports = sorted((store.project_root() / "reports" / version).glob("*/annual_report.html"))
    if not reports:
        print(f"  no report of {version}: zvezda report -e {version}")
        return
    with Chromium(timeout=300) as page:
        page.open(reports[-1].as_uri(), ready="document.querySelectorAll('.what-if tbody tr').length > 0")
        wall = [page.evaluate(MOVE.format(step=1 if number % 2 else -2)) for number in range(moves + 2)]
    told(f"weight of a group, report {reports[-1].parent.name}", wall[2:])


def main():
    """All measurements of every edition."""
    words = argparse.ArgumentParser()
    words.add_argument("--moves", type=int, default=15)
    words.add_argument("--editions", nargs="+", default=["star-2022", "cms-2021"])
    given = words.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {given.moves} moves, medians")
    for version in given.editions:
        print(version)
        calculated(version, given.moves)
        if executable():
            seen(version, given.moves)
            in_report(version, given.moves)


if __name__ == "__main__":
    main()
