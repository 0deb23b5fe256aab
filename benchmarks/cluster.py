"""A real OpenSearch for benchmarks: one that runs already, or one started here and ended after.

The script that starts one is named by FONDACO_OPENSEARCH, or stands in ``shared/opensearch`` beside the checkout.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(os.environ.get("FONDACO_OPENSEARCH") or Path(__file__).parents[2] / "shared" / "opensearch" / "cluster")
_ALWAYS = ("--set", "cluster.routing.allocation.disk.threshold_enabled=false")  # whatever else lies on this disk


@contextmanager
def running_cluster(
    nodes: int = 1, heap: str = "512m", url: str | None = None, folder: Path | None = None
) -> Iterator[tuple[str, ...]]:
    """Addresses of a cluster's nodes: those of `url`, separated by commas, or of nodes that live as long as the block.

    Nodes are started in a new folder within `folder`, or where temporary files are; it is removed after.

    Raises:
        SystemExit: nothing here can start one; the message says what is missing.
    """
    if url is not None:
        yield tuple(url.split(","))
        return
    if not SCRIPT.is_file():
        sys.exit("no OpenSearch here: give --url, or name a script that starts one in FONDACO_OPENSEARCH")
    home = Path(tempfile.mkdtemp(prefix="fondaco-opensearch-", dir=folder))
    home.chmod(0o755)  # the nodes may run as another user
    options = ["--dir", str(home), "--nodes", str(nodes), "--heap", heap, *_ALWAYS]
    try:
        copy_distribution(home / "home")
        started = subprocess.run([sys.executable, str(SCRIPT), "start", *options], capture_output=True, text=True)
        if started.returncode:
            sys.exit(f"OpenSearch did not come up:\n{started.stdout}{started.stderr}")
        yield tuple(json.loads(started.stdout)["urls"])
    finally:
        if (home / "state.json").exists():
            subprocess.run([sys.executable, str(SCRIPT), "stop", str(home)], check=True)
        shutil.rmtree(home, ignore_errors=True)


def copy_distribution(home: Path) -> None:
    """The distribution, writable: as it comes it may be read-only, and a node wants to make folders in its home."""
    shutil.copytree(SCRIPT.parent / "distribution", home)
    for path in [home, *home.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    for name in ("bin", "config", "logs"):
        (home / name).mkdir(exist_ok=True)
