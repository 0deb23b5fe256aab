"""Log levels of libraries. The command line sets them when it starts; no import does."""

from __future__ import annotations

import logging

LEVELS = {
    "opensearch": logging.ERROR,  # it logs every failed request, which Fondaco reports itself
    "opensearchpy.trace": logging.ERROR,  # every request with its body
    "faiss.loader": logging.WARNING,  # each of its builds that it tries to load
}


def quiet_libraries() -> None:
    """Set the log levels of libraries that log too much. Each process calls this when it starts."""
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
