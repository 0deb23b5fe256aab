"""Requests that the tests of the HTTP API send."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

LISTING = "L00000000"
WORDS = "stainless steel kitchen knife"


def ask(client: TestClient, query: str = WORDS, **asked: Any) -> Any:
    """A search's answer; anything but 200 fails the test."""
    answer = client.post("/v1/search", json={"query": query, **asked})

    assert answer.status_code == 200, answer.text
    return answer.json()
