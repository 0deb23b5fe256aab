"""Real OpenSearch nodes for tests, started by the script of the shared distribution, and the fixtures over them.

A plugin of `conftest.py`, so that every folder has the fixtures. Where the script or a Java 21 is missing, the tests
that ask for a node are skipped and say so; where a node does not come up, they fail.
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

Connect = Callable[..., "Cluster"]  # of the fixture `connect`
_NO_JAVA = 2  # the script's exit status
_ALWAYS = ("cluster.routing.allocation.disk.threshold_enabled=false",)  # the disk of whoever runs the tests may be full


@dataclass(frozen=True)
class Nodes:
    """A running cluster of nodes n0, n1, ... on this machine."""

    folder: Path
    urls: tuple[str, ...]
    version: str

    def kill(self, node: str) -> None:
        """End a node at once, as the kernel does when memory runs out."""
        self._do("kill", node)

    def pause(self, node: str) -> None:
        """Freeze a node: it keeps its connections and answers nothing."""
        self._do("pause", node)

    def resume(self, node: str) -> None:
        self._do("resume", node)

    def revive(self, node: str) -> None:
        """Start a killed node again on its data; returns once it has joined."""
        self._do("revive", node)

    def status(self) -> Any:
        """``{"nodes": {"n0": {"url", "pid", "alive"}}, "health": {...}}``"""
        return json.loads(self._do("status"))

    def wait(self, status: str = "green", seconds: float = 60) -> None:
        """Until the cluster has this status with all its nodes; fails the test when it takes longer."""
        until, asked = time.monotonic() + seconds, ""
        path = f"/_cluster/health?wait_for_status={status}&wait_for_nodes={len(self.urls)}&timeout=2s"
        while time.monotonic() < until:
            for url in self.urls:
                try:
                    with urllib.request.urlopen(url + path, timeout=5) as answer:
                        asked = json.load(answer)
                except OSError as error:
                    asked = f"{url}: {error}"
                else:
                    if not asked["timed_out"]:
                        return
            time.sleep(0.1)
        pytest.fail(f"the cluster is not {status} after {seconds:g} s: {asked}")

    def heal(self) -> None:
        """Every node alive, answering and in the cluster again."""
        for name, node in self.status()["nodes"].items():
            self.resume(name) if node["alive"] else self.revive(name)
        self.wait()

    def _do(self, verb: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), verb, str(self.folder), *arguments],
            capture_output=True, text=True, timeout=180,
        )  # fmt: skip
        if done.returncode:
            pytest.fail(f"cluster {verb}: {done.stderr}")
        return done.stdout


@contextmanager
def running_nodes(count: int = 1, **settings: Any) -> Iterator[Nodes]:
    """A cluster of `count` nodes with lines of opensearch.yml by name, '.' as '__'; ended however the block ends.

    It lives in a temporary folder of its own, outside pytest's: the nodes run as another user, who may not enter that.
    """
    if not SCRIPT.is_file():
        pytest.skip("no OpenSearch here: FONDACO_OPENSEARCH names no script that starts one")
    folder = Path(tempfile.mkdtemp(prefix="fondaco-opensearch-"))
    lines = [*_ALWAYS, *(f"{name.replace('__', '.')}={value}" for name, value in settings.items())]
    options = [part for line in lines for part in ("--set", line)]
    command = [sys.executable, str(SCRIPT), "start", "--dir", str(folder), "--nodes", str(count), *options]
    try:
        copy_distribution(folder / "home")
        started = subprocess.run(command, capture_output=True, text=True, timeout=240)
        if started.returncode == _NO_JAVA:
            pytest.skip(f"no OpenSearch here: {started.stderr.strip()}")
        if started.returncode:
            pytest.fail(f"OpenSearch did not come up:\n{started.stdout}{started.stderr}")
        told = json.loads(started.stdout)
        yield Nodes(folder, tuple(told["urls"]), told["version"])
    finally:
        if (folder / "state.json").exists():
            subprocess.run([sys.executable, str(SCRIPT), "stop", str(folder)], check=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def node() -> Iterator[Nodes]:
    """One real node for the whole session. Nobody hurts it: `three_nodes` is for that."""
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
    """Three real nodes to kill, pause, resume and revive; after the test they are all there again and green."""
    yield session_three_nodes
    session_three_nodes.heal()


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """``connect(nodes=node, urls=..., kind=Cluster, **settings)``: a `Cluster`; every one has the test's own prefix.

    After the test all that begins with the prefix is deleted and every connection closed.
    """
    from indexer.opensearch.cluster_settings import ClusterAccess, ClusterSettings
    from indexer.opensearch.connection import Cluster

    prefix, opened = f"t-{uuid.uuid4().hex[:10]}", list[Cluster]()

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
    """A connection to the session's node, with a prefix of the test's own; what begins with it is deleted after."""
    return connect()


def clear(cluster: Cluster) -> None:
    """Delete every index, alias and template whose name begins with the cluster's prefix."""
    ours = f"{cluster.settings.prefix}*"
    found = cluster.call("GET", f"/_cat/indices/{ours}", params={"format": "json", "expand_wildcards": "all"})
    names = [row["index"] for row in found]
    for start in range(0, len(names), 20):  # an address has a length
        cluster.call("DELETE", "/" + ",".join(names[start : start + 20]))
    for kind in ("index", "component"):
        for one in cluster.call("GET", f"/_{kind}_template").get(f"{kind}_templates", ()):
            if one["name"].startswith(cluster.settings.prefix):
                cluster.call("DELETE", f"/_{kind}_template/{one['name']}")
