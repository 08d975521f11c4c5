"""The page of `zvezda what-if` in a real browser: the command, its server, headless Chromium, a moved slider."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from methods.data.editions import read_edition
from methods.run.what_if import draft_folder
from tests.chromium import Chromium, end, wait_for

pytestmark = pytest.mark.timeout(300)

EDITION, PERIOD, DATASET = "maturity-2022", "2024", "maturity_demonstration"
LENIENT = 2000   # ms on a busy machine; the honest measurement is benchmarks/what_if.py
ROWS = "document.querySelectorAll('.what-if-table tbody tr').length"
TABLE = "document.querySelector('.what-if-table').innerText"
HANDLE = "document.querySelector('.noUi-handle')"
HANDLES = "[...document.querySelectorAll('.noUi-handle')]"
SHARES = "[...document.querySelectorAll('.what-if-share')]"
CALL = "import sys; from methods.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """A project of one edition, so that the drafts of the real one stay as they are."""
    made = tmp_path_factory.mktemp("project")
    for name in ("methodology", DATASET):
        shutil.copytree(root / "data" / "raw" / name, made / "data" / "raw" / name)
    (made / "notebooks").mkdir()
    shutil.copy(root / "notebooks" / "what_if.ipynb", made / "notebooks")
    return made


@pytest.fixture(scope="module")
def server(project):
    """The real command on a free port; it is ended whatever happens."""
    told = project / "told.txt"
    with told.open("w") as screen:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", CALL, "what-if", "-e", EDITION, "--period", PERIOD, "--no-browser"],
            cwd=project, env={**os.environ, "ZVEZDA_ROOT": str(project), "PYTHONUTF8": "1"}, stdout=screen,
            stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_for(lambda: "Закончить" in told.read_text("utf-8") or process.poll() is not None, 180, "address")
        found = re.search(r"http://\S+", told.read_text("utf-8"))
        assert found, told.read_text("utf-8")
        address = urlsplit(found[0])
        wait_for(lambda: listening(address.hostname, address.port), 60, "the server")
        yield SimpleNamespace(url=found[0], host=address.hostname, port=address.port, token=address.query)
    finally:
        end(process)


@pytest.fixture(scope="module")
def page(server):
    """The page in the browser, with its ranking drawn."""
    with Chromium(timeout=180) as browser:
        browser.open(server.url, ready=f"{ROWS} > 0")
        yield browser


def listening(host, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def answer(server, path, host=None):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    try:
        connection.request("GET", path, headers={} if host is None else {"Host": host})
        got = connection.getresponse()
        return got.status, got.read().decode("utf-8", errors="replace"), got.getheader("Location", "")
    finally:
        connection.close()


def pressed(page, times):
    """Move the first slider by the keyboard and wait until the page has redrawn; milliseconds from the last key."""
    page.evaluate(f"{HANDLE}.focus()")
    page.evaluate("window.drawn = 0; window.watch = new MutationObserver(() => { window.drawn = performance.now(); });"
                  "window.watch.observe(document.querySelector('.what-if-found'), {childList: true, subtree: true}); 1")
    page.evaluate(
        "document.addEventListener('keydown', () => { window.keyed = performance.now(); window.drawn = 0; }, true)")
    for _ in range(times):
        page.press("ArrowRight")
    page.wait("window.drawn > window.keyed")
    page.wait("performance.now() - window.drawn > 300")
    page.evaluate("window.watch.disconnect()")
    return page.evaluate("window.drawn - window.keyed")


def test_a_moved_slider_changes_the_ranking_and_reset_brings_it_back(page):
    adopted, share = page.evaluate(TABLE), page.evaluate("document.querySelector('.what-if-share').innerText.trim()")
    assert "→" in adopted
    assert share == "25,0\xa0%"
    took = pressed(page, 30)
    assert took < LENIENT
    moved = page.evaluate(TABLE)
    assert moved != adopted
    assert re.search(r"▲ \d", moved)
    assert page.evaluate("document.querySelector('.what-if-share').innerText.trim()") != share
    assert "Место изменилось у" in page.evaluate("document.querySelector('.what-if-found').innerText")
    page.evaluate("[...document.querySelectorAll('button')].find(each => each.innerText.includes('Вернуть')).click()")
    page.wait(f"{TABLE} === {adopted!r}")


def test_a_saved_draft_loads(page, project):
    pressed(page, 10)
    page.evaluate("[...document.querySelectorAll('button')].find(each => each.innerText.includes('Сохранить')).click()")
    page.wait("document.querySelector('.what-if-saved') !== null")
    said = page.evaluate("document.querySelector('.what-if-saved').innerText")
    folder = draft_folder(project, EDITION, PERIOD)
    assert f"{folder.relative_to(project).as_posix()}/candidate.yml" in said
    candidate = read_edition(folder / "candidate.yml")
    assert candidate.status == "candidate"
    assert candidate.based_on == EDITION
    weights = candidate.weights_of("index")
    assert weights.iloc[0] > 0.25
    assert weights.sum() == pytest.approx(1)
    shares = page.evaluate(f"{SHARES}.slice(0, 4).map(each => each.innerText.trim())")
    assert [float(each.split("\xa0")[0].replace(",", ".")) for each in shares] == pytest.approx(
        (100 * weights).tolist(), abs=0.1)
    assert "<…>" in (folder / "decision.md").read_text("utf-8")


def test_the_page_is_russian_marked_named_and_fits(page):
    assert page.evaluate("document.documentElement.lang") == "ru"
    assert page.evaluate("document.querySelector('.what-if-mark').innerText").casefold() == "демонстрация"
    page.wait(f"{HANDLES}.length && {HANDLES}.every(each => each.getAttribute('aria-label'))")  # named once drawn
    assert page.evaluate(f"{HANDLES}.every(each => each.tabIndex === 0)")
    assert not page.evaluate("document.querySelectorAll('.jp-CodeCell, .jp-InputArea, pre').length")
    for width in (400, 1280):
        page.resize(width, 900)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.querySelector('.what-if-table').getBoundingClientRect().right") <= width


def test_groups_unfold_by_a_button_and_search_finds(page):
    page.evaluate("document.querySelector('button.what-if-fold').click()")
    page.wait(f"{HANDLES}.filter(each => each.offsetParent).length > 7")
    page.evaluate("(() => { const field = document.querySelector('.what-if-find input'); field.value = 'Регион 15';"
                  "field.dispatchEvent(new Event('input', {bubbles: true}));"
                  "field.dispatchEvent(new Event('change', {bubbles: true})); })()")
    page.wait(f"{ROWS} === 1")


def test_nothing_is_asked_of_another_host_and_the_console_is_silent(page, server):
    page.evaluate("1")
    foreign = [url for url in page.requests if urlsplit(url).netloc != f"{server.host}:{server.port}"]
    assert len(page.requests) > 10
    assert foreign == []
    assert [line for line in page.console if line.startswith(("error", "assert"))] == []


@pytest.mark.parametrize("path", ["/", "/voila/static/voila.js", "/voila/templates/lab/static/index.css",
                                  "/voila/labextensions/x", "/api/kernels/0"])
def test_a_foreign_host_name_is_refused(server, path):
    """DNS rebinding: a page elsewhere points its own name at 127.0.0.1 and asks under that name."""
    for name in ("zlo.example", f"zlo.example:{server.port}", "127.0.0.1.zlo.example"):
        assert answer(server, f"{path}?{server.token}", name)[0] == 403


def test_without_the_token_there_is_no_page(server):
    status, _, where = answer(server, "/")
    assert status == 302
    assert "/login" in where
    assert answer(server, "/?token=0")[0] == 302


@pytest.mark.parametrize("path", ["what_if.ipynb", "voila/files/what_if.ipynb", "voila/files/../what_if.ipynb",
                                  "voila/render/what_if.ipynb", "voila/tree", "voila/api/contents", "api/contents",
                                  "voila/files/data/raw/methodology/adopted.json",
                                  "notebooks/01_calibrate_weights.ipynb",
                                  "voila/templates/what_if/static/../index.html.j2"])
def test_no_other_notebook_or_file_is_served(server, path):
    """Also with the token: at most a way to a page that refuses."""
    status, text, where = answer(server, f"/{path}?{server.token}")
    if status == 302:
        status, text, _ = answer(server, f"{urlsplit(where).path}?{server.token}")
    assert status in (403, 404, 500)
    for word in ('"cells"', "cell_type", "sha256", "load_edition", "WhatIf", "kernel_start"):
        assert word not in text


def test_the_server_listens_on_loopback_only(server):
    assert server.host == "127.0.0.1"
    names = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in names - {"127.0.0.1"}:
        if not address.startswith("127."):
            assert not listening(address, server.port)
