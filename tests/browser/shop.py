"""A shop that is open: the real service on a port of this machine, and a visitor with a real browser."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from search.engine_pool import EnginePool
from search.http.app import create_app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 10_000


def chromium() -> str | None:
    """Where this machine's Chromium is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def open_shop(snapshot: Path) -> Iterator[str]:
    """The address of a service over `snapshot`, on a port that was free."""
    app = create_app(EnginePool(snapshot, threads=1))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the service has ended"
        assert time.monotonic() < until, "the service has not come up"
        time.sleep(0.02)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_browser(path: str) -> Iterator[Browser]:
    """A browser without a window. Its sandbox needs rights that a container seldom has; it visits only our page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One visit. `complaints` are the console's errors and warnings, uncaught errors, requests to another host."""

    browser: Browser
    shop: str
    complaints: list[str] = field(default_factory=list)

    def enter(self, path: str, **options: Any) -> Page:
        """The page at `path`, once it has settled."""
        page = self.browser.new_context(**{"locale": "en-US", **options}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._hear("request", asked.url))
        page.goto(self.shop + path)
        return settled(page)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") or (kind == "request" and not text.startswith(self.shop + "/")):
            self.complaints.append(f"{kind}: {text}")

    def leave(self) -> None:
        for context in self.browser.contexts:
            context.close()


def settled(page: Page) -> Page:
    """Wait until the page shows what its address says."""
    page.locator("html[data-ready] body:not([aria-busy])").wait_for(state="attached")
    return page


def ids(page: Page) -> list[str]:
    """The listings on the page, in order."""
    found: list[str] = page.locator("a[data-listing]").evaluate_all("all => all.map(one => one.dataset.listing)")
    return found


def texts(page: Page, selector: str) -> dict[str, str]:
    """By listing, the text of what `selector` finds in its card."""
    found: dict[str, str] = page.locator(".card").evaluate_all(
        """(all, selector) => Object.fromEntries(all.map(
             one => [one.querySelector("[data-listing]").dataset.listing, one.querySelector(selector).textContent]))""",
        selector,
    )
    return found
