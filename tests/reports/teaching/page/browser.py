"""A real browser, driven through its debugging pipe: nothing is needed beside Chromium itself."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe"),
)
PATIENCE = 60.0
"""Seconds for one answer: the machine may be busy."""


def find() -> str | None:
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab. It speaks the Chrome DevTools Protocol: messages as JSON, each ended by a zero byte."""

    def __init__(self, path: str) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # High numbers, since the browser expects its ends at 3 and 4, and these may be taken here.
        (theirs, self.out), (self.back, answers) = os.pipe(), os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 100) for end in (theirs, answers)]
        moves = [(os.POSIX_SPAWN_DUP2, high[0], 3), (os.POSIX_SPAWN_DUP2, high[1], 4)]
        moves += [(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]  # type: ignore[list-item] # as documented
        arguments = [path, *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = os.posix_spawn(path, arguments, os.environ, file_actions=moves, setsid=True)
        for end in (theirs, answers, *high):
            os.close(end)
        self.read, self.last = b"", 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        targets = self.ask("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, problem: BaseException | None, traceback: TracebackType | None) -> None:
        os.killpg(self.process, signal.SIGKILL)  # its own group: nothing else is in it
        os.waitpid(self.process, 0)
        os.close(self.out)
        os.close(self.back)
        self.profile.cleanup()

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and wait for its answer."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        number = self.last
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def receive(self) -> dict[str, Any]:
        """The next message."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.read:
            ready, _, _ = select.select([self.back], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"no answer from the browser in {PATIENCE:g} seconds"
            chunk = os.read(self.back, 1 << 20)
            assert chunk, "the browser has ended"
            self.read += chunk
        message, self.read = self.read.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found

    def open(self, file: Path, *, width: int = 1440, height: int = 900, media: Mapping[str, str] | None = None) -> None:
        """Show a file in a window of this size; `media` are media features such as prefers-color-scheme."""
        features = [{"name": name, "value": value} for name, value in (media or {}).items()]
        self.ask("Emulation.setEmulatedMedia", media="", features=features)
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.events.clear()
        self.ask("Page.navigate", url=file.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def evaluate(self, script: str) -> Any:
        """What a script gives; the page itself has none, and its policy does not hold for the debugger."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        """Press a key, such as Tab (9) or Enter (13)."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def screenshot(self, *, whole: bool = False) -> bytes:
        """A picture (PNG) of the window, or of the whole page."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=False)["data"])
