"""A headless Chromium that tells what went wrong in it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from tests import programs
from tools import project

LOCAL = ("file:", "data:", "blob:")

OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"

DRAWN = """
return [...document.querySelectorAll('[data-plot]')].map(panel => {
  const picture = panel.querySelector('.live svg');
  const size = picture ? picture.getBoundingClientRect() : {width: 0, height: 0};
  return [panel.dataset.state ?? 'waiting', size.width, size.height,
          picture ? picture.querySelectorAll('path').length : 0];
})
"""


class Page:
    """A page in a browser of its own."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def show(self, path: Path, width: int, scheme: str, script: bool = True) -> None:
        """Open a file on a screen of this width and colour scheme."""
        mobile = width < 600
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=800,
                   deviceScaleFactor=1, mobile=mobile)  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._tell("Emulation.setEmulatedMedia", features=[feature])
        self._tell("Emulation.setScriptExecutionDisabled", value=not script)
        self.driver.get("about:blank")
        self.errors(), self.requests()  # what came before is of no interest
        self.driver.get(path.resolve().as_uri())

    def wait_for_plots(self) -> list[list[Any]]:
        """Wait until no plot is under way; return state, width, height and paths of each."""
        waiting = WebDriverWait(self.driver, 30)
        waiting.until(lambda _: all(plot[0] == "drawn" for plot in self.run(DRAWN)))
        return list(self.run(DRAWN))

    def run(self, script: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a script returns."""
        return self.driver.execute_script(script)

    def errors(self) -> list[str]:
        """Return the console's messages since the last call."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses asked for since the last call, those on this machine's disk too."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [
            event["params"]["request"]["url"] for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]  # fmt: skip

    def picture(self, path: Path) -> None:
        """Save a picture of the whole page."""
        height = int(self.run("return document.documentElement.scrollHeight"))
        clip = {"x": 0, "y": 0, "width": self.run("return innerWidth"), "height": height,
                "scale": 1}  # fmt: skip
        taken = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
        path.write_bytes(base64.b64decode(taken["data"]))

    def _log(self, kind: str) -> list[dict[str, str]]:
        return list(self.driver.get_log(kind))  # type: ignore[no-untyped-call] # Selenium's gap

    def _tell(self, command: str, **arguments: object) -> None:
        self.driver.execute_cdp_cmd(command, arguments)


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Page]:
    """Start a browser whose profile is in the folder; end it."""
    browser, driver = programs.require("chromium", "chromedriver")
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (
        "--headless=new",
        "--no-sandbox",  # root in a container has no user namespace
        "--disable-dev-shm-usage",  # a container's is small
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = Chrome(options, Service(driver))  # with a path given, Selenium downloads nothing
    try:
        yield Page(started)
    finally:
        started.quit()


AXE = project.ROOT / ".cache/gitlab-ci-local/node_modules/axe-core/axe.min.js"

FINDINGS = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => `${one.id}: ${one.nodes.map(node => node.html).slice(0, 3).join(' ')}`)));
"""


def axe(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page."""
    if not AXE.is_file():
        message = f"{AXE.name} missing: run `make test`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    page.run(AXE.read_text(encoding="utf-8"))
    return list(page.driver.execute_async_script(FINDINGS))
