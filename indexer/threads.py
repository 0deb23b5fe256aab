"""How many threads the numeric libraries may use. The only place that sets it.

torch, faiss, numpy and OpenVINO each have a thread pool of their own. By default each pool takes
every core of the machine, even where this process may use fewer, and the pools compete for them.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
"""OpenMP (torch, faiss), BLAS (numpy, torch), rayon (tokenizers). Each is read at its load."""

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "quota period" in microseconds, or "max period"


def set_threads(n: int | None = None) -> int:
    """Let every numeric library use `n` threads, whether it is loaded already or later; returns n.

    None takes ``OMP_NUM_THREADS`` (set by an operator or an earlier call), else `usable_cores`.
    OpenVINO takes its number when a graph is compiled: pass it the returned number.

    Raises:
        ValueError: `n` is below 1.
    """
    if n is not None and n < 1:
        raise ValueError(f"threads must be at least 1, got {n}")
    n = n or _from_environment() or usable_cores()
    for variable in _POOLS:
        os.environ[variable] = str(n)
    # idle threads sleep; by default they spin for a while on cores that other pools need
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for module, setter in (("torch", "set_num_threads"), ("faiss", "omp_set_num_threads")):
        # a module that another thread is importing has no setter yet; it will read the variables
        set_number = getattr(sys.modules.get(module), setter, None)
        if set_number is not None:
            set_number(n)
    return n


def usable_cores() -> int:
    """The cores this process may use: by its affinity and the container's quota, rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota() or allowed))


def _from_environment() -> int | None:
    value = os.environ.get("OMP_NUM_THREADS", "")
    return int(value) if value.isdecimal() and int(value) > 0 else None


def _quota() -> int | None:
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
    except (OSError, ValueError):
        return None  # not Linux, or not in a container
    return math.ceil(int(quota) / int(period)) if quota.isdecimal() else None
