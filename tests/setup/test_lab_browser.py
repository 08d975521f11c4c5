"""`run.py lab` in a real browser: the start page, its links, the tour from the first step to the last."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from tests.chromium import Chromium, end, wait_for
from tests.setup.test_setup import load_run

pytestmark = pytest.mark.timeout(300)

PAGE = "document.querySelector('.jp-MarkdownViewer .jp-RenderedMarkdown')"
TIP = "document.querySelector('.react-joyride__tooltip')"
SPOT = "document.querySelector('.react-joyride__spotlight')"
BUTTON = "document.querySelector(\"#jp-top-bar [data-jp-item-name='zvezda-tour'] jp-button\")"
TABS = "[...document.querySelectorAll('#jp-main-dock-panel .lm-TabBar-tabLabel')].map(each => each.innerText)"
MENUS = "[...document.querySelectorAll('#jp-MainMenu .lm-MenuBar-item')]"
LISTED = "document.querySelectorAll('#filebrowser .jp-DirListing-item').length"
ITEMS = "[...document.querySelectorAll('.lm-Menu .lm-Menu-item')]"
# Drawn, with links that Lab has taken over, and everything around in its place.
READY = f"{PAGE}?.querySelector('td a[href*=\"/files/\"]') && {BUTTON} && {MENUS}.length > 7 && {LISTED} > 7"
IN_SIGHT = """(() => {{
    const found = document.querySelector({target}), box = found && found.getBoundingClientRect();
    return found && [found.className, box.width > 0 && box.height > 0 && box.left < innerWidth && box.top < innerHeight
                     && box.right > 0 && box.bottom > 0];
}})()"""


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    """run.py of a copy of the project, whose path has spaces and Cyrillic letters, with an environment of its own."""
    folder = tmp_path_factory.mktemp("project") / "Мои документы"
    for name in ("notebooks", "docs", "tools"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for name in ("run.py", "pyproject.toml", "README.ru.md"):
        shutil.copy(root / name, folder)
    module = load_run(folder)
    module.PYTHON, module.VENV = Path(sys.executable), folder.parent / "environment"
    module.configure_lab()
    return module


@pytest.fixture(scope="module")
def lab(run):
    """The real command on a free port, with nothing of the user's own settings; it is ended whatever happens."""
    private, token = run.VENV.parent, secrets.token_hex(8)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The settings are where run.py puts them, but under another environment than the interpreter's own.
    command = run.lab_command(["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
                               "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
                               f"--LabApp.app_settings_dir={run.VENV / 'share/jupyter/lab/settings'}"])
    own = {f"JUPYTER_{name}_DIR": str(private / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTER_CONFIG_PATH": str(run.VENV / "etc/jupyter"), "IPYTHONDIR": str(private / "ipython")}
    told = private / "told.txt"
    with told.open("w") as screen:
        process = subprocess.Popen(command, cwd=run.ROOT, env={**run.child_environment(), **own}, stdout=screen,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_for(lambda: listening(port) or process.poll() is not None, 180, "the server")
        assert process.poll() is None, told.read_text("utf-8")
        start = next(word for word in command if "default_url" in word).partition("=")[2]
        netloc = f"127.0.0.1:{port}"
        yield SimpleNamespace(netloc=netloc, url=f"http://{netloc}{start}?reset&token={token}")
    finally:
        end(process)


@pytest.fixture
def page(lab):
    """The page at which the command opens the browser, as if for the first time: other tabs are not brought back."""
    with Chromium(1280, 800, timeout=60) as browser:
        browser.open(lab.url, ready=READY)
        yield browser


@pytest.fixture(scope="module")
def steps(run):
    return run.lab_files()["share/jupyter/lab/settings/overrides.json"][run.TOUR_PLUGIN]["tours"][0]["steps"]


def listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def click(page, element):
    """Where a hand would: in the middle of what is seen, of a link in several lines in its first."""
    x, y = page.evaluate(f"(() => {{ const box = {element}.getClientRects()[0];"
                         "return [box.x + box.width / 2, box.y + box.height / 2]; })()")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)   # a menu looks where the mouse is
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def walk(page, steps):
    """Take the tour to its end; the classes of what each step points at."""
    shown = []
    for step in steps:
        lit = "true" if step["placement"] == "center" else f"{SPOT} !== null"
        page.wait(f"{TIP}?.innerText.includes({json.dumps(step['title'])}) && {lit}")
        said = page.evaluate(f"{TIP}.innerText")
        assert step["content"].split("\n")[0] in said
        classes, seen = page.evaluate(IN_SIGHT.format(target=json.dumps(step["target"])))
        assert seen, step["target"]
        shown.append(classes)
        buttons = page.evaluate(f"[...{TIP}.querySelectorAll('button')].map(each => each.innerText)")
        assert buttons == [*(["Закончить"] if step is not steps[-1] else []),
                           *(["Назад"] if step is not steps[0] else []),
                           "Готово" if step is steps[-1] else "Дальше"]
        click(page, f"{TIP}.querySelector('[data-action=primary]')")
    page.wait(f"{TIP} === null")
    return shown


def quiet(page, lab):
    """Nothing was asked of another host, and nothing went wrong behind the scenes."""
    page.evaluate("1")   # events that have come meanwhile
    assert len(page.requests) > 10
    assert [url for url in page.requests if urlsplit(url).netloc != lab.netloc] == []
    assert [line for line in page.console if line.startswith(("error", "assert"))] == []


def test_the_start_page_is_russian_and_its_links_open_in_lab(page, lab, run):
    assert page.evaluate(f"{MENUS}.map(each => each.innerText)") == [
        "Файл", "Редактировать", "Просмотр", "Выполнить", "Ядро", "Вкладки", "Настройки", "Справка"]
    assert page.evaluate(f"{PAGE}.querySelector('h1').innerText").startswith("Тетради: с чего начать")
    assert page.evaluate(f"{PAGE}.querySelectorAll('tbody tr').length") > 7   # a table, not its source
    assert page.evaluate(f"{PAGE}.scrollWidth <= {PAGE}.clientWidth")
    links = page.evaluate(f"[...{PAGE}.querySelectorAll('td:first-child a')].map(each => each.pathname)")
    assert [Path(unquote(link)).name for link in links] == [
        "01_calibrate_weights.ipynb", "02_check_agreement.ipynb", "03_rank_sensitivity.ipynb",
        "04_iterate_maturity.ipynb", "statistical_audit.ipynb", "annual_report.ipynb", "what_if.ipynb"]
    click(page, f"{PAGE}.querySelector('td:first-child a')")
    page.wait("document.querySelector('.jp-NotebookPanel .jp-RenderedMarkdown h1') !== null")
    assert page.evaluate(TABS) == ["README.md", "01_calibrate_weights.ipynb"]
    toolbar = page.evaluate("document.querySelector('.jp-NotebookPanel-toolbar').innerHTML")
    assert "voila" not in toolbar.lower()   # its button is in English and starts another server
    assert "jupyterlab-tour" not in toolbar
    # No offer of news, of a tour, of anything.
    assert page.evaluate("document.querySelector('.jp-Dialog, .Toastify__toast, .react-joyride__tooltip')") is None
    quiet(page, lab)


def test_the_button_opens_the_first_notebook_and_leads_through_it(page, lab, steps):
    assert page.evaluate(f"{BUTTON}.innerText").strip() == "Знакомство с тетрадями"
    click(page, BUTTON)
    cell = f"document.querySelector({json.dumps(steps[2]['target'])})"
    page.wait(f"{cell}?.classList.contains('jp-CodeCell') === true")   # someone who reads two steps first is slower
    shown = walk(page, steps)
    assert page.evaluate(TABS) == ["README.md", "01_calibrate_weights.ipynb"]
    assert ["jp-CodeCell" in classes for classes in shown].index(True) == 2
    assert "edition" in page.evaluate(f"{cell}.innerText")
    told = "".join(step["content"] for step in steps)
    for menu, line in (("Выполнить", "Запустить все ячейки"), ("Ядро", "Перезапустить ядро и Запустить все ячейки…")):
        assert f"меню «{menu}», строка «{line}»" in told
        click(page, f"{MENUS}.find(each => each.innerText === '{menu}')")
        page.wait(f"{ITEMS}.some(each => each.querySelector('.lm-Menu-itemLabel').innerText.trim() === '{line}')")
        page.press("Escape")
        page.wait(f"{ITEMS}.length === 0")
    quiet(page, lab)


def test_the_help_menu_starts_the_tour_even_without_a_notebook(page, lab, steps):
    click(page, f"{MENUS}.at(-1)")
    entry = f"{ITEMS}.find(each => each.innerText.includes('Знакомство с тетрадями'))"
    page.wait(f"{entry} !== undefined")
    click(page, entry)
    shown = walk(page, steps)
    assert page.evaluate(TABS) == ["README.md"]
    assert "jp-DirListing-content" in shown[2]   # no notebook: its list instead of a cell
    quiet(page, lab)
