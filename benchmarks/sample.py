"""How fast is a sample written, and with how much memory?

    python benchmarks/sample.py --listings 1000000 [--workers 2]

`fondaco sample` in a process of its own, watched with its workers from outside twenty times a second; `anonymous` is
memory that is the programs' own, together. Asserts that the catalogue has the lines it should and, for the first
thousand, that a second process would write the same bytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import psutil

from eval.sample.files import catalogue_lines

FONDACO = [sys.executable, "-m", "fondaco"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--truth", action="store_true", help="Write the truth as well.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "catalogue.jsonl"
        command = [*FONDACO, "sample", "--listings", str(given.listings), "--out", str(out), "--workers",
                   str(given.workers), *(["--truth", str(out.parent / "truth")] if given.truth else [])]  # fmt: skip
        seconds, anonymous = watch(command)
        with out.open("rb") as lines:
            first = list(islice(lines, 1_000))
            count = len(first) + sum(1 for _ in lines)
        assert count == given.listings + given.listings // 1_000, count
        assert [line.rstrip(b"\n") for line in first] == list(islice(catalogue_lines(1_000, 7), len(first)))
        report = {
            "listings": given.listings,
            "workers": given.workers,
            "truth": given.truth,
            "seconds": round(seconds, 1),
            "listings_a_second": round(given.listings / seconds),
            "anonymous_mb": round(anonymous / 2**20),
            "bytes_a_listing": round(out.stat().st_size / given.listings),
            "sellers": sum(1 for _ in out.with_name("sellers.jsonl").open("rb")),
        }
    print(json.dumps(report, indent=2))


def watch(command: list[str]) -> tuple[float, int]:
    """Seconds, and bytes at the highest, of a command and its children."""
    started, highest = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        family = psutil.Process(process.pid)
        while process.poll() is None:
            highest = max(highest, sum(_own(one) for one in [family, *_children(family)]))
            time.sleep(0.05)
    assert process.returncode == 0, process.returncode
    return time.perf_counter() - started, highest


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _own(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
