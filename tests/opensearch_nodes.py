"""Real OpenSearch nodes for tests, and their fixtures. A script outside the repository starts them.

`conftest.py` loads this as a plugin, so that every folder has the fixtures. Without the script or
without Java 21, the tests that need a node are skipped with the reason. If a node does not start,
they fail.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from cluster import SCRIPT, copy_distribution

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster

Connect = Callable[..., "Cluster"]  # type of the fixture `connect`
_NO_JAVA = 2  # the script's exit status
_DEFAULT_SETTINGS = ("cluster.routing.allocation.disk.threshold_enabled=false",)  # this machine's disk may be full


@dataclass(frozen=True)
class Nodes:
    """A running cluster of nodes n0, n1, ... on this machine."""

    folder: Path
    urls: tuple[str, ...]
    version: str

    def kill(self, node: str) -> None:
        """Kill a node at once, as the kernel does when memory runs out."""
        self._run_script("kill", node)

    def pause(self, node: str) -> None:
        """Freeze a node: it keeps its connections and answers nothing."""
        self._run_script("pause", node)

    def resume(self, node: str) -> None:
        self._run_script("resume", node)

    def revive(self, node: str) -> None:
        """Restart a killed node on its data; returns when it has joined the cluster."""
        self._run_script("revive", node)

    def status(self) -> Any:
        """``{"nodes": {"n0": {"url", "pid", "alive"}}, "health": {...}}``"""
        return json.loads(self._run_script("status"))

    def wait(self, status: str = "green", seconds: float = 60) -> None:
        """Wait for this status with all nodes; fails the test when it takes longer."""
        deadline = time.monotonic() + seconds
        health: Any = None
        path = f"/_cluster/health?wait_for_status={status}&wait_for_nodes={len(self.urls)}&timeout=2s"
        while time.monotonic() < deadline:
            for url in self.urls:
                try:
                    with urllib.request.urlopen(url + path, timeout=5) as response:
                        health = json.load(response)
                except OSError as error:
                    health = f"{url}: {error}"
                else:
                    if not health["timed_out"]:
                        return
            time.sleep(0.1)
        pytest.fail(f"the cluster is not {status} after {seconds:g} s: {health}")

    def heal(self) -> None:
        """Resume or revive every node, and wait until the cluster is green."""
        for name, node in self.status()["nodes"].items():
            self.resume(name) if node["alive"] else self.revive(name)
        self.wait()

    def _run_script(self, verb: str, *arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, str(SCRIPT), verb, str(self.folder), *arguments],
            capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if process.returncode:
            pytest.fail(f"cluster {verb}: {process.stderr}")
        return process.stdout


@contextmanager
def running_nodes(count: int = 1, **settings: Any) -> Iterator[Nodes]:
    """A cluster of `count` nodes, stopped at the end of the block.

    `settings` are lines of opensearch.yml, with '__' for '.'. The folder is outside pytest's own:
    the nodes run as another user, who may not read that.
    """
    if not SCRIPT.is_file():
        pytest.skip("no OpenSearch here: FONDACO_OPENSEARCH names no script that starts one")
    folder = Path(tempfile.mkdtemp(prefix="fondaco-opensearch-"))
    lines = [*_DEFAULT_SETTINGS, *(f"{name.replace('__', '.')}={value}" for name, value in settings.items())]
    options = [part for line in lines for part in ("--set", line)]
    command = [sys.executable, str(SCRIPT), "start", "--dir", str(folder), "--nodes", str(count), *options]
    try:
        copy_distribution(folder / "home")
        started = subprocess.run(command, capture_output=True, text=True, timeout=240)
        if started.returncode == _NO_JAVA:
            pytest.skip(f"no OpenSearch here: {started.stderr.strip()}")
        if started.returncode:
            pytest.fail(f"OpenSearch did not come up:\n{started.stdout}{started.stderr}")
        cluster = json.loads(started.stdout)
        yield Nodes(folder, tuple(cluster["urls"]), cluster["version"])
    finally:
        if (folder / "state.json").exists():
            subprocess.run([sys.executable, str(SCRIPT), "stop", str(folder)], check=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def node() -> Iterator[Nodes]:
    """One real node for the whole session. Tests that kill nodes use `three_nodes`."""
    with running_nodes() as nodes:
        yield nodes


@pytest.fixture(scope="session")
def cluster_url(node: Nodes) -> str:
    """The address of the session's node."""
    return node.urls[0]


@pytest.fixture(scope="session")
def session_three_nodes() -> Iterator[Nodes]:
    with running_nodes(3) as nodes:
        yield nodes


@pytest.fixture
def three_nodes(session_three_nodes: Nodes) -> Iterator[Nodes]:
    """Three real nodes to kill, pause, resume and revive; healed after the test."""
    yield session_three_nodes
    session_three_nodes.heal()


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """``connect(nodes=node, urls=..., kind=Cluster, **settings)`` opens a `Cluster`.

    All have the test's own prefix. After the test, everything that begins with the prefix is
    deleted, and every connection is closed.
    """
    from indexer.opensearch.cluster_settings import ClusterAccess, ClusterSettings
    from indexer.opensearch.connection import Cluster

    prefix = f"t-{uuid.uuid4().hex[:10]}"
    opened: list[Cluster] = []

    def connected(
        nodes: Nodes | None = None,
        urls: tuple[str, ...] | None = None,
        kind: type[Cluster] = Cluster,
        **settings: Any,
    ) -> Cluster:
        if urls is None:
            urls = (nodes or request.getfixturevalue("node")).urls
        cluster = kind(ClusterAccess(urls), ClusterSettings(**{"prefix": prefix, **settings}))
        opened.append(cluster)
        return cluster

    yield connected
    for cluster in opened:
        clear(cluster)
        cluster.close()


@pytest.fixture
def cluster(connect: Connect) -> Cluster:
    """A connection to the session's node, with a prefix of the test's own; see `connect`."""
    return connect()


def clear(cluster: Cluster) -> None:
    """Delete every index, alias and template whose name begins with the cluster's prefix."""
    pattern = f"{cluster.settings.prefix}*"
    indexes = cluster.call("GET", f"/_cat/indices/{pattern}", params={"format": "json", "expand_wildcards": "all"})
    names = [index["index"] for index in indexes]
    for start in range(0, len(names), 20):  # the length of a URL is limited
        cluster.call("DELETE", "/" + ",".join(names[start : start + 20]))
    for kind in ("index", "component"):
        for template in cluster.call("GET", f"/_{kind}_template").get(f"{kind}_templates", ()):
            if template["name"].startswith(cluster.settings.prefix):
                cluster.call("DELETE", f"/_{kind}_template/{template['name']}")
