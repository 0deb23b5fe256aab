"""Does the next run finish a killed build, and does it give the same answers as an undisturbed one?

    python benchmarks/kill.py --listings 20000 --kills 10 [--encoder hashing] [--workers 2]

Each kill is a SIGKILL at a random moment of a new build. Then the same command runs again. Asserts
that it succeeds, that `fondaco audit` passes, that the ids are the same, and that every query gives
the same page.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FONDACO = [sys.executable, "-m", "fondaco"]
QUERIES = (
    ("wireless headphones", "en"), ("Kaffeemaschine", "de"), ("рюкзак", "ru"), ("ノートパソコン", "ja"),
    ("حقيبة", "ar"), ("跑鞋", "zh"), ("garrafa de água", "pt-BR"), ("เต็นท์", "th"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--encoder", default="hashing")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--part-size", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), arguments), indent=2))


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Build undisturbed, then kill and finish `arguments.kills` builds.

    Says what happened in each.
    """
    catalogue = folder / "catalogue.jsonl"
    sample = [*FONDACO, "sample", "--listings", str(arguments.listings), "--out", str(catalogue)]
    subprocess.run(sample, check=True, stdout=subprocess.DEVNULL)
    command = [
        *FONDACO,
        "index",
        str(catalogue),
        "--encoder",
        arguments.encoder,
        "--part-size",
        str(arguments.part_size),
        "--workers",
        str(arguments.workers),
    ]
    started = time.monotonic()
    subprocess.run([*command, "--out", str(folder / "whole")], check=True, capture_output=True)
    seconds = time.monotonic() - started
    expected = answers(folder / "whole")
    rng = random.Random(arguments.seed)
    kills = []
    for number in range(arguments.kills):
        out = folder / f"killed{number}"
        killed_at = rng.uniform(0.0, seconds)
        finished = kill_after([*command, "--out", str(out)], killed_at)
        stage = _stage(out)
        again = subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, text=True)
        audit = subprocess.run([*FONDACO, "audit", "--snapshot", str(out)], capture_output=True, text=True)
        assert audit.returncode == 0, audit.stdout
        assert answers(out) == expected, f"kill {number} after {killed_at:.1f} s: other answers"
        resumed = next((line for line in again.stdout.splitlines() if line.startswith("Resumed")), None)
        kills.append({"after_s": round(killed_at, 2), "stage": stage, "had_ended": finished, "then": resumed})
        print(json.dumps(kills[-1]), file=sys.stderr, flush=True)
    return {
        "listings": arguments.listings,
        "encoder": arguments.encoder,
        "workers": arguments.workers,
        "undisturbed_s": round(seconds, 1),
        "kills": kills,
    }


def kill_after(command: list[str], seconds: float) -> bool:
    """Start a command, and send SIGKILL after `seconds`. True if it had ended by itself."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return False
    return True


def answers(snapshot: Path) -> list[object]:
    """The ids' checksum, and each query's first 50 listings with their scores."""
    from indexer.open_snapshot import open_snapshot
    from languages.locale import Locale
    from ranking.query import Query
    from search.bootstrap import open_engine

    engine = open_engine(snapshot)
    first_pages: list[object] = [open_snapshot(snapshot).manifest.ids_checksum]
    for text, locale in QUERIES:
        page = engine.search(Query(text, Locale.parse(locale), now=1_795_000_000, size=50))
        first_pages.append([(result.listing_id, round(result.score, 6)) for result in (*page.results, *page.near)])
    return first_pages


def _stage(out: Path) -> str:
    """The stage that the killed build had reached."""
    if not (out / "building").exists():
        return "published" if (out / "CURRENT").exists() else "before the first part"
    stores = sorted(path.name for path in (out / "building" / "generation").glob("*"))
    parts = len([p for p in (out / "building" / "parts").glob("*") if p.suffix != ".tmp"])
    return f"assembling: {', '.join(stores)}" if stores else f"{parts} parts"


if __name__ == "__main__":
    main()
