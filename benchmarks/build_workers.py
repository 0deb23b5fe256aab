"""How much faster do several workers build the same snapshot?

    python benchmarks/build_workers.py --listings 200000 --workers 1 2 [--repeat 2]
    python benchmarks/build_workers.py --listings 200000 --workers 1 2 --against CHECKOUT

Builds one catalogue with each number of workers in turn, `--repeat` times, and with the code of
another checkout if one is given. Prints for each build its seconds, the processor seconds of all
its processes and of the main one, and the peak memory of all processes together; then the ratios of
the best rates to the first one's. Asserts that all snapshots of this version are the same: each
file has the same bytes, apart from the times in the manifest and the random names of the lexical
index's segments. If its segments differ (they are merged in the background), it must give the same
counts and scores. Says which files differ from the other checkout's: a version may change them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

FONDACO = [sys.executable, "-m", "fondaco"]
TIMES = ("created_at", "seconds", "files")  # of a manifest; `files` has the segments' random names
WORDS = ("schuh", "shoe", "red", "light", "рюкзак", "ノー", "chair", "kaffe", "10", "leather")


@dataclass(frozen=True)
class Build:
    """The figures of one build. `cpu_main_s` is known to a twentieth of a second."""

    name: str
    seconds: float
    listings_per_s: int
    cpu_s: float
    cpu_main_s: float
    phases_s: dict[str, float]
    anonymous_mb: int
    resident_mb: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=200_000)
    parser.add_argument("--encoder", default="hashing")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--against", type=Path, help="A checkout of another version; its command has no workers.")
    parser.add_argument("--keep", type=Path, help="Keep the catalogue in this folder.")
    arguments = parser.parse_args()
    variants = {f"{count} workers": ["--workers", str(count)] for count in arguments.workers}
    if arguments.against:
        variants = {"the other checkout": [], **variants}
    with tempfile.TemporaryDirectory() as temporary:
        catalogue = sample((arguments.keep or Path(temporary)) / str(arguments.listings), arguments.listings)
        rates: dict[str, int] = {}
        firsts: dict[Path, Path] = {}  # the first snapshot of each checkout
        for number in range(arguments.repeat):
            for name, options in variants.items():
                out = Path(temporary) / f"snapshot{number}"
                command = [*FONDACO, "index", str(catalogue), "--out", str(out), "--encoder", arguments.encoder]
                path = arguments.against if name == "the other checkout" else Path(__file__).parents[1]
                build = measure(name, [*command, *options], path.resolve(), out)
                print(json.dumps(asdict(build)), flush=True)
                rates[name] = max(rates.get(name, 0), build.listings_per_s)
                if path in firsts:
                    assert_same(firsts[path], out)
                    shutil.rmtree(out)
                else:
                    firsts[path] = out.rename(Path(temporary) / f"first{len(firsts)}")
        differing = differing_files(*firsts.values()) if len(firsts) > 1 else []
    base = next(iter(rates.values()))
    ratios = {name: round(rate / base, 2) for name, rate in rates.items()}
    print(json.dumps({"same_snapshot": True, "rate_to_the_first": ratios, "other_checkout_differs_in": differing}))


def sample(folder: Path, listings: int) -> Path:
    catalogue = folder / "catalogue.jsonl"
    if not catalogue.exists():
        command = [*FONDACO, "sample", "--listings", str(listings), "--out", str(catalogue), "--broken", "500"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return catalogue


def measure(name: str, command: list[str], checkout: Path, out: Path) -> Build:
    """Run a build with the code of a checkout."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    anonymous = resident = 0
    cpu_main = 0.0
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL) as process:
        main_process = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                cpu_main = sum(main_process.cpu_times()[:2])
                memory = [each.memory_info() for each in [main_process, *main_process.children(recursive=True)]]
            except psutil.NoSuchProcess:
                continue
            anonymous = max(anonymous, sum(each.rss - each.shared for each in memory))
            resident = max(resident, sum(each.rss for each in memory))
            time.sleep(0.05)
    seconds = time.monotonic() - started
    assert process.returncode == 0, command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    manifest = json.loads((generation(out) / "manifest.json").read_bytes())
    return Build(
        name=name,
        seconds=round(seconds, 1),
        listings_per_s=round(manifest["listings"] / seconds),
        cpu_s=round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        cpu_main_s=round(cpu_main, 1),
        phases_s=manifest["seconds"],
        anonymous_mb=round(anonymous / 1e6),
        resident_mb=round(resident / 1e6),
    )


def generation(out: Path) -> Path:
    return next((out / "generations").iterdir())


def assert_same(expected: Path, actual: Path) -> None:
    """Assert that two snapshots have the same content."""
    differing = differing_files(expected, actual)
    assert not differing, f"these files differ: {', '.join(differing)}"
    if segments(generation(actual)) != segments(generation(expected)):
        print("the lexical segments were merged differently: comparing counts and scores", file=sys.stderr)
        assert lexical_answers(generation(actual)) == lexical_answers(generation(expected))


def differing_files(expected: Path, actual: Path) -> list[str]:
    """The files that two snapshots have not alike, without those of the lexical index."""
    return sorted(dict(digests(generation(expected)).items() ^ digests(generation(actual)).items()))


def digests(folder: Path) -> dict[str, str]:
    """The checksum of each file but the lexical index; of the manifest without its times."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    found = {name: checksum(path) for name, path in files.items() if not name.startswith("lexical/")}
    manifest = json.loads((folder / "manifest.json").read_bytes())
    kept = {name: value for name, value in manifest.items() if name not in TIMES}
    return {**found, "manifest.json": json.dumps(kept, sort_keys=True)}


def segments(folder: Path) -> Counter[tuple[str, str]]:
    """The suffix and checksum of each file of the lexical index; the names are random."""
    files = [path for path in (folder / "lexical").iterdir() if path.suffix not in (".json", ".lock")]
    return Counter((path.suffix, checksum(path)) for path in files)


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lexical_answers(folder: Path) -> list[object]:
    """How frequent some words are, and the first thousand rows and scores for each."""
    from indexer.selection import Selection
    from indexer.stores.lexical import FIELDS, Clause, Term
    from indexer.stores.lexical_tantivy import TantivyIndex

    index = TantivyIndex(folder / "lexical")
    answers: list[object] = [len(index)]
    for word in WORDS:
        clause = Clause(1.0, tuple((Term(name, word, 1.0),) for name in FIELDS))
        hits = index.search([clause], Selection.everything(len(index)), 1_000)
        counts = [index.doc_freq(name, word) for name in FIELDS]
        answers.append((counts, hits.rows.tolist(), [round(score, 4) for score in hits.scores.tolist()]))
    return answers


if __name__ == "__main__":
    main()
