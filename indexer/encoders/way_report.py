"""The remembered measurement of a machine's ways: one JSON file in the cache, to read or remove."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from indexer.encoders.model import Model
from indexer.encoders.processor import processor_name
from indexer.encoders.ways import WAYS, Choice, WayFigures
from languages.cache import announce, cache_folder
from languages.durable import replace_file

log = logging.getLogger(__name__)

_LIBRARIES = ("openvino", "nncf", "torch")


@dataclass(frozen=True, slots=True)
class WayReport:
    """What was measured of a model on a processor, and the ways that were chosen from it."""

    model: str
    processor: str
    versions: dict[str, str]
    threads: int
    measured_at: str  # ISO 8601, UTC
    choice: Choice
    ways: tuple[WayFigures, ...]

    def __post_init__(self) -> None:
        for way in (self.choice.queries, self.choice.listings, *(row.way for row in self.ways)):
            if way not in WAYS:
                raise ValueError(f"{way!r} is not a way to run an encoder: name {', '.join(WAYS)}")


def library_versions() -> dict[str, str]:
    """The versions that speed depends on; a library that is not installed is absent."""
    versions = {}
    for library in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            versions[library] = version(library)
    return versions


def report_file(model: Model) -> Path:
    """Where the measurement of `model` on this processor, with these libraries, is kept."""
    key = json.dumps([model.fingerprint, processor_name(), library_versions()])
    digest = hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
    name = re.sub(r"[^\w.@-]+", "-", model.name)
    return cache_folder() / f"{name}-ways-{digest}.json"


def read_report(path: Path) -> WayReport | None:
    """The measurement in a file. None where there is none, or it cannot be read: measure again."""
    try:
        content = json.loads(path.read_text("utf-8"))
        fields = content | {
            "choice": Choice(**content["choice"]),
            "ways": tuple(WayFigures(**row) for row in content["ways"]),
        }
        return WayReport(**fields)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("%s cannot be read (%s); the ways are measured again", path, error)
        return None


def write_report(path: Path, report: WayReport) -> None:
    """Write it so that another process reads all of it or the former one."""
    replace_file(path, (json.dumps(asdict(report), indent=1) + "\n").encode())


@contextmanager
def measuring_lock() -> Iterator[None]:
    """Wait until no other process measures with this cache, and keep others from it.

    Raises:
        OSError: the cache is not writable.
    """
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "ways.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce("encoder: another process measures this machine; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
