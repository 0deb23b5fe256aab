"""The real service on a port of this machine, and a visitor with a real browser."""

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
TIMEOUT_MS = 10_000


def chromium() -> str | None:
    """The path of this machine's Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running_shop(snapshot: Path) -> Iterator[str]:
    """The address of a service for `snapshot`, on a free port."""
    app = create_app(EnginePool(snapshot, threads=1))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the service has ended"
        assert time.monotonic() < deadline, "the service has not started"
        time.sleep(0.02)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    """A browser without a window. It has no sandbox, which containers seldom have rights for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """One visit.

    `complaints` are errors and warnings of the console, uncaught errors, and requests to other
    hosts.
    """

    browser: Browser
    shop: str
    complaints: list[str] = field(default_factory=list)

    def enter(self, path: str, **options: Any) -> Page:
        """The page at `path`, when it is ready."""
        page = self.browser.new_context(**{"locale": "en-US", **options}).new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.on("console", lambda message: self._record(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._record("request", request.url))
        page.goto(self.shop + path)
        return ready(page)

    def _record(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") or (kind == "request" and not text.startswith(self.shop + "/")):
            self.complaints.append(f"{kind}: {text}")

    def leave(self) -> None:
        for context in self.browser.contexts:
            context.close()


def ready(page: Page) -> Page:
    """The page, after it shows what its address says."""
    page.locator("html[data-ready] body:not([aria-busy])").wait_for(state="attached")
    return page


def ids(page: Page) -> list[str]:
    """The ids of the listings on the page, in order."""
    listing_ids: list[str] = page.locator("a[data-listing]").evaluate_all(
        "all => all.map(element => element.dataset.listing)"
    )
    return listing_ids


def texts(page: Page, selector: str) -> dict[str, str]:
    """By listing id, the text of the element that `selector` finds in its card."""
    by_listing: dict[str, str] = page.locator(".card").evaluate_all(
        """(all, selector) => Object.fromEntries(all.map(
             element => [
                 element.querySelector("[data-listing]").dataset.listing, element.querySelector(selector).textContent
             ]))""",
        selector,
    )
    return by_listing
