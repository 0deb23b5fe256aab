"""How fast is a sample written, and with how much memory?

    python benchmarks/sample.py --listings 1000000 [--workers 2]

`fondaco sample` runs in its own process. Its memory and that of its workers is read twenty times a
second; `anonymous` is the memory of these processes themselves. Asserts that the catalogue has the
right number of lines, and that this process makes the same first thousand.
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

import orjson
import psutil

from eval.sample.sample import sample_listings
from indexer.catalogue.records import listing_to_record

FONDACO = [sys.executable, "-m", "fondaco"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--truth", action="store_true", help="Write the truth as well.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "catalogue.jsonl"
        command = [*FONDACO, "sample", "--listings", str(arguments.listings), "--out", str(out)]
        command += ["--workers", str(arguments.workers)]
        if arguments.truth:
            command += ["--truth", str(out.parent / "truth")]
        seconds, anonymous = watch(command)
        with out.open("rb") as lines:
            first = list(islice(lines, 1_000))
            count = len(first) + sum(1 for _ in lines)
        assert count == arguments.listings + arguments.listings // 1_000, count
        listings = islice(sample_listings(1_000, 7), len(first))
        expected = [orjson.dumps(listing_to_record(listing)) for listing in listings]
        assert [line.rstrip(b"\n") for line in first] == expected
        report = {
            "listings": arguments.listings,
            "workers": arguments.workers,
            "truth": arguments.truth,
            "seconds": round(seconds, 1),
            "listings_a_second": round(arguments.listings / seconds),
            "anonymous_mb": round(anonymous / 2**20),
            "bytes_a_listing": round(out.stat().st_size / arguments.listings),
            "sellers": sum(1 for _ in out.with_name("sellers.jsonl").open("rb")),
        }
    print(json.dumps(report, indent=2))


def watch(command: list[str]) -> tuple[float, int]:
    """The seconds of a command, and the maximum bytes of it and its children."""
    started = time.perf_counter()
    highest = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            highest = max(highest, sum(_anonymous_bytes(each) for each in [parent, *_children(parent)]))
            time.sleep(0.05)
    assert process.returncode == 0, process.returncode
    return time.perf_counter() - started, highest


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _anonymous_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
