"""Threads are set in one place, and torch, faiss and OpenVINO live in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexer import threads
from indexer.threads import set_threads, usable_cores


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*threads._POOLS, "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")


def test_none_means_the_cores_of_this_process() -> None:
    assert set_threads() == usable_cores() <= len(os.sched_getaffinity(0))
    assert os.environ["OMP_NUM_THREADS"] == str(usable_cores())


def test_a_setting_of_the_operator_or_of_an_earlier_call_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")

    assert set_threads() == 3
    assert set_threads(1) == 1
    assert set_threads() == 1


def test_zero_threads_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        set_threads(0)


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1), ("x", None)]
)
def test_the_cpu_quota_of_a_container_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int | None
) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    monkeypatch.setattr(threads, "CGROUP_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))

    assert usable_cores() == (cores or 8)


ALL_IN_ONE = """
import sys
from indexer.threads import set_threads
assert set_threads(2) == 2
{imports}
set_threads(2)
import numpy as np
rows = np.random.default_rng(0).standard_normal((2000, 64), dtype=np.float32)
for _ in range(3):
    a = torch.from_numpy(rows) @ torch.from_numpy(rows).T
    index = faiss.IndexFlatIP(64); index.add(rows); scores, ids = index.search(rows[:50], 1)
    assert np.allclose(scores[:, 0], a[:50].max(1).values.numpy(), rtol=1e-4)
print(torch.get_num_threads(), faiss.omp_get_max_threads())
"""


@pytest.mark.parametrize("imports", ["import torch, faiss", "import faiss, torch"])
def test_torch_and_faiss_work_in_one_process_whichever_comes_first(imports: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALL_IN_ONE.format(imports=imports)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout.strip()) == (0, "2 2"), done.stderr
