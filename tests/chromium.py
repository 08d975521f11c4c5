"""A real browser for tests: headless Chromium, driven over its debugging port.

    with Chromium() as browser:
        browser.open(page.as_uri())
        browser.evaluate("document.title")
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
         "--no-default-browser-check", "--hide-scrollbars", "--remote-allow-origins=*", "--remote-debugging-port=0")
KEYS = {"Enter": ("\r", 13), "Space": (" ", 32), "Tab": ("", 9), "ArrowRight": ("", 39), "ArrowLeft": ("", 37),
        "Home": ("", 36), "End": ("", 35), "Escape": ("", 27)}


def executable() -> str | None:
    """Path of the browser, if the machine has one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Chromium:
    """One tab. `requests` are the addresses it asked for since `open`, web sockets among them, `blocked` those that it
    then refused by the page's policy, `console` its errors and messages.

    A test that makes one on a machine without Chromium is skipped, and says why.
    """

    def __init__(self, width: int = 1280, height: int = 900, timeout: float = 30) -> None:
        self.size, self.timeout = (width, height), timeout
        self.requests: list[str] = []
        self.blocked: list[str] = []
        self.console: list[str] = []
        self._process: subprocess.Popen | None = None
        self._socket = None
        self._number = 0
        self._addresses: dict[str, str] = {}
        self._profile = ""

    def __enter__(self) -> Chromium:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> Chromium:
        """Start the browser and take its tab."""
        websocket = pytest.importorskip("websocket", reason="нет websocket-client: браузером не управлять")
        program = executable()
        if program is None:
            pytest.skip(f"нет Chromium ({', '.join(NAMES)}): страница в браузере не проверена")
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--window-size={self.size[0]},{self.size[1]}", f"--user-data-dir={self._profile}",
             "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            # Straight to the loopback: a proxy of the environment is not for us.
            straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with straight.open(f"http://127.0.0.1:{self._port()}/json/list", timeout=self.timeout) as answer:
                tab = next(tab for tab in json.load(answer) if tab["type"] == "page")
            self._socket = websocket.create_connection(tab["webSocketDebuggerUrl"], timeout=self.timeout,
                                                       http_no_proxy=["127.0.0.1"])
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(f"{domain}.enable")
            self.resize(*self.size)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop the browser with all its children and take its profile away."""
        if self._socket is not None:
            with contextlib.suppress(OSError):   # the browser may be gone already
                self._socket.close()
            self._socket = None
        if self._process is not None:
            end(self._process)
            self._process = None
        if self._profile:
            shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url: str, ready: str = "document.readyState === 'complete'") -> None:
        """Go to an address and wait until `ready` (JavaScript) holds there."""
        self.requests.clear()
        self.blocked.clear()
        self.console.clear()
        mark = f"zvezda{self._number}"
        self.evaluate(f"window.left = {mark!r}")   # the old page may be complete, too
        self.call("Page.navigate", url=url)
        self.wait(f"window.left !== {mark!r} && ({ready})")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true; fail with it after the time limit."""
        try:
            wait_for(lambda: self.evaluate(condition), self.timeout, condition)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\nconsole: {self.console}") from None

    def evaluate(self, expression: str) -> object:
        """The value of an expression (a promise is awaited) in the page, as Python has it from JSON."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            raise RuntimeError(thrown.get("exception", {}).get("description") or thrown["text"])
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """A key, as if typed: one of `KEYS`, or a letter."""
        text, code = KEYS.get(key, (key, 0))
        name = " " if key == "Space" else key
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=key, windowsVirtualKeyCode=code,
                  **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=key, windowsVirtualKeyCode=code)

    def resize(self, width: int, height: int) -> None:
        """Size of the window inside, CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.wait(f"document.documentElement.clientWidth === {width}")   # laid out anew a moment later

    def prefer(self, scheme: str = "light", media: str = "") -> None:
        """Colours the reader prefers (`light`, `dark`) and the medium (`print`, or the screen)."""
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: str | Path, whole: bool = False) -> None:
        """The window, or the whole page, as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        Path(path).write_bytes(base64.b64decode(shot["data"]))

    def call(self, method: str, **parameters: object) -> dict:
        """A command of the DevTools protocol; events that come before its answer are kept."""
        self._number += 1
        number = self._number
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._heard(message.get("method"), message.get("params", {}))

    def _heard(self, event: str | None, what: dict) -> None:
        if event == "Network.requestWillBeSent":
            if not what["request"]["url"].startswith("data:"):   # embedded pictures are asked of nobody
                self.requests.append(what["request"]["url"])
                self._addresses[what["requestId"]] = what["request"]["url"]
        elif event == "Network.webSocketCreated":
            self.requests.append(what["url"])
        elif event == "Network.loadingFailed" and what.get("blockedReason") == "csp":
            self.blocked.append(self._addresses[what["requestId"]])
        elif event == "Runtime.consoleAPICalled":
            words = " ".join(str(part.get("value", part.get("description"))) for part in what["args"])
            self.console.append(f"{what['type']}: {words}")
        elif event == "Runtime.exceptionThrown":
            thrown = what["exceptionDetails"]
            self.console.append(f"error: {thrown.get('exception', {}).get('description') or thrown['text']}")
        elif event == "Log.entryAdded":
            entry = what["entry"]
            self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}".rstrip())

    def _port(self) -> int:
        """The port that the browser chose, once it has written it down."""
        file = Path(self._profile) / "DevToolsActivePort"

        def written() -> list[str]:
            if self._process.poll() is not None:
                raise RuntimeError(f"Chromium ended with code {self._process.returncode}")
            return file.read_text("utf-8").split() if file.is_file() else []

        return int(wait_for(written, self.timeout, "the debugging port of Chromium")[0])


def wait_for(ready: Callable[[], object], seconds: float, what: str) -> object:
    """Call a function until what it says is true, and give that back; fail with `what` after the time limit."""
    until = time.monotonic() + seconds
    while not (said := ready()):
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return said


def end(process: subprocess.Popen, patience: float = 10) -> None:
    """End a process that leads its own session, with its children, politely first."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)   # the second time for children that outlive it
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
