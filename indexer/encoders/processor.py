"""The processor of this machine: its name and its features."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def processor_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """The processor's features by their Linux names; empty where they are not known."""
    return frozenset((_first(cpuinfo, "flags") or _first(cpuinfo, "Features")).split())


def processor_name(cpuinfo: Path = CPUINFO) -> str:
    """The processor as its maker and the kernel call it, with the numbers that tell models apart.

    Virtual machines often hide the model: "AMD EPYC" alone names five generations.
    """
    name = _first(cpuinfo, "model name") or platform.processor() or platform.machine()
    numbers = [_first(cpuinfo, label) for label in ("cpu family", "model", "stepping")]
    return f"{name} ({'-'.join(numbers)})" if all(numbers) else name


def _first(cpuinfo: Path, label: str) -> str:
    """The first value of a label; empty where there is none."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return ""
    rows = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in rows if name.strip() == label), "")
