"""Threads: how many the numeric libraries may use. The one place that sets them.

torch, faiss, numpy and OpenVINO each bring a pool of their own, and two of them an OpenMP; left alone, each takes every
core of the machine, whatever this process was given, and they push one another off.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
"""Read when a library is first loaded: OpenMP (torch, faiss), BLAS (numpy, torch), rayon (tokenizers)."""

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "quota period" in microseconds, or "max period"


def set_threads(n: int | None = None) -> int:
    """Let every numeric library use `n` threads, those loaded and those loaded later; gives back n.

    None is what ``OMP_NUM_THREADS`` says (an operator's wish, or an earlier call's), else `usable_cores`. OpenVINO
    takes its number when a graph is compiled: pass it what this gives back.

    Raises:
        ValueError: `n` is below 1.
    """
    if n is not None and n < 1:
        raise ValueError(f"threads must be at least 1, got {n}")
    n = n or _asked_for() or usable_cores()
    for variable in _POOLS:
        os.environ[variable] = str(n)
    # threads with nothing to do sleep; by default they spin for a while, on the cores that other pools want
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for module, setter in (("torch", "set_num_threads"), ("faiss", "omp_set_num_threads")):
        # a module still being imported by another thread has no setter yet, and will read the variables
        loaded = getattr(sys.modules.get(module), setter, None)
        if loaded is not None:
            loaded(n)
    return n


def usable_cores() -> int:
    """The cores this process may use: its affinity, and within it the container's quota, rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota() or allowed))


def _asked_for() -> int | None:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) > 0 else None


def _quota() -> int | None:
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
    except (OSError, ValueError):
        return None  # not Linux, or not in a container
    return math.ceil(int(quota) / int(period)) if quota.isdecimal() else None
