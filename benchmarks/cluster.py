"""A real OpenSearch for benchmarks: one that runs already, or one that is started and stopped here.

FONDACO_OPENSEARCH names the script that starts one. Default: ``shared/opensearch/cluster`` beside
the checkout.
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
_ALWAYS = ("--set", "cluster.routing.allocation.disk.threshold_enabled=false")  # the disk may be nearly full


@contextmanager
def running_cluster(
    nodes: int = 1, heap: str = "512m", url: str | None = None, folder: Path | None = None
) -> Iterator[tuple[str, ...]]:
    """The addresses of a cluster's nodes: those in `url`, separated by commas, or of new nodes.

    New nodes run until the end of the block, in a new folder inside `folder` (default: the
    temporary folder), which is removed at the end.

    Raises:
        SystemExit: no cluster can be started; the message says what is missing.
    """
    if url is not None:
        yield tuple(url.split(","))
        return
    if not SCRIPT.is_file():
        sys.exit("no OpenSearch: give --url, or name a script that starts one in FONDACO_OPENSEARCH")
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
    """A writable copy of the distribution.

    It may be read-only, but a node creates folders in its home.
    """
    shutil.copytree(SCRIPT.parent / "distribution", home)
    for path in [home, *home.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    for name in ("bin", "config", "logs"):
        (home / name).mkdir(exist_ok=True)
