"""Does a change of the code change any answer? Writes answers to files, to compare them by byte.

    python benchmarks/answers.py --snapshot SNAPSHOT --topics TOPICS --out new

`--snapshot` and `--topics` may be repeated, in pairs. For each snapshot, OUT/<its name>/ gets:

    hybrid.run, lexical.run, vector.run   `fondaco run` on all topics, at a fixed time
    http.jsonl                            the HTTP API on the requests below

`http.jsonl` has one JSON object a line, with sorted keys and without timings. Fields that the
changelog announces as renamed or removed are renamed or left out in every version. Of an error,
only the status, the type and the pointers are kept, since messages may change. No port is opened.

To compare two versions, run this file with each checkout first on the import path:

    cd OLD && PYTHONPATH=OLD python NEW/benchmarks/answers.py --snapshot S --topics T --out old
    cd NEW && PYTHONPATH=NEW python NEW/benchmarks/answers.py --snapshot S --topics T --out new
    diff -r OLD/old NEW/new && echo identical
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import fondaco

# timings, and changes that the changelog announces
NOT_COMPARED = {"milliseconds", "tint"}
RENAMED = {"alternatives": "expansions"}

ROOT = Path(fondaco.__file__).parent  # the checkout whose code answers
NOW = datetime(2026, 11, 1, tzinfo=UTC)  # sales are on or over, and listings are old, by this time
ARRANGEMENTS = {"hybrid": [], "lexical": ["--only", "lexical"], "vector": ["--only", "vector"]}
PAGES = 3  # that a cursor is followed for
FOLLOWED = 4  # results of a search whose listings are asked for as well

# Modules and names, newest first: this file must run on older checkouts too.
APPS = ("search.http.app", "search.app")
WIRES = ("search.http.wire", "search.wire")
POOLS = {"search.engine_pool": "EnginePool", "search.serving": "Engines"}

SEARCHES: tuple[dict[str, Any], ...] = (
    # every language, in its own words
    {"query": "سماعات لاسلكية", "locale": "ar"},
    {"query": "rychlovarná konvice", "locale": "cs"},
    {"query": "Kopfhörer schwarz", "locale": "de", "explain": True},
    {"query": "wireless headphones", "locale": "en-GB"},
    {"query": "auriculares inalámbricos", "locale": "es-MX"},
    {"query": "sac à main en cuir", "locale": "fr", "country": "CA"},
    {"query": "נעלי ריצה", "locale": "he"},
    {"query": "प्रेशर कुकर", "locale": "hi"},
    {"query": "tas wanita", "locale": "id"},
    {"query": "lampada da tavolo", "locale": "it"},
    {"query": "ノートパソコン", "locale": "ja"},
    {"query": "무선 이어폰", "locale": "ko"},
    {"query": "fietslamp", "locale": "nl"},
    {"query": "plecak na laptopa", "locale": "pl"},
    {"query": "fone de ouvido", "locale": "pt-BR", "explain": True},
    {"query": "кофеварка для офиса", "locale": "ru"},
    {"query": "vattenkokare", "locale": "sv"},
    {"query": "กระเป๋าเดินทาง", "locale": "th"},
    {"query": "kahve makinesi", "locale": "tr"},
    {"query": "навушники бездротові", "locale": "uk"},
    {"query": "tai nghe không dây", "locale": "vi"},
    {"query": "手機殼", "locale": "zh-Hant"},
    {"query": "手机壳", "locale": "zh-Hans", "country": "US"},
    # words of another language, script or keyboard; typing errors; numbers
    {"query": "Wasserkocher", "locale": "fr"},
    {"query": "yfeiybrb", "locale": "uk"},
    {"query": "blutooth haedphones", "locale": "en"},
    {"query": "brother tn-2110 toner", "locale": "en"},
    {"query": "zzxqy", "locale": "en"},
    {"query": "", "locale": "en"},
    # filters
    {"query": "lamp", "filters": {"price_max_minor": 3000}},
    {"query": "headphones", "filters": {"category": "Electronics > Headphones"}, "explain": True},
    {"query": "kettle", "filters": {"attributes": {"material": "plastic"}}},
    {"query": "toner", "filters": {"brand": "hp", "in_stock": False}},
    {"query": "bag", "filters": {"seller_id": "s000010"}},
    # orders, currencies, sizes, expansion
    {"query": "phone case", "sort": "price", "size": 50},
    {"query": "notebook", "sort": "delivery", "country": "DE"},
    {"query": "coffee maker", "sort": "rating", "currency": "JPY"},
    {"query": "backpack", "sort": "newest", "country": "BR"},
    {"query": "laptop", "expand": False, "size": 3},
    {"query": "pannenset", "locale": "nl", "expand": False},
    # refused
    {"query": "lamp", "filters": {"colour": "red"}},
    {"query": "lamp", "locale": "no such locale"},
    {"query": "lamp", "cursor": "bm8gY3Vyc29y"},
    {"query": "lamp", "size": 100_000},
)
PAGED = (
    {"query": "headphones", "locale": "en", "size": 7},
    {"query": "Tasche", "locale": "de", "size": 5, "sort": "price"},
    {"query": "手机", "locale": "zh-Hans", "size": 10, "filters": {"price_min_minor": 100}},
)
LISTINGS_FROM = ({"query": "wireless headphones", "locale": "en"}, {"query": "tas", "locale": "nl"})
BUYERS = ("locale=en", "locale=de&country=AT&currency=CHF", "locale=ja")
PATHS = (
    "/v1/markets",
    "/readyz",
    "/v1/listings/no-such-listing?locale=en",
    "/v1/listings/no-such-listing/similar?locale=en",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshot", type=Path, action="append", required=True, help="Repeatable.")
    parser.add_argument("--topics", type=Path, action="append", default=[], help="One for each snapshot, in order.")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    snapshots, topics = arguments.snapshot, arguments.topics
    if topics and len(topics) != len(snapshots):
        parser.error(f"{len(snapshots)} snapshots and {len(topics)} topics: give one --topics for each --snapshot")
    names = [snapshot.resolve().name for snapshot in snapshots]
    if len(set(names)) < len(names):
        parser.error(f"two snapshots have the same folder name: {', '.join(names)}")
    print(f"code of {ROOT}", file=sys.stderr)
    for number, snapshot in enumerate(snapshots):
        folder = arguments.out / names[number]
        folder.mkdir(parents=True, exist_ok=True)
        write_http_answers(snapshot, folder / "http.jsonl")
        if topics:
            write_runs(snapshot, topics[number], folder)


def write_runs(snapshot: Path, topics: Path, folder: Path) -> None:
    """``fondaco run`` on all topics: both indexes together, and each alone."""
    for name, only in ARRANGEMENTS.items():
        out = folder / f"{name}.run"
        fixed = ["--now", NOW.isoformat(), "--tag", name, *only]
        files = ["--snapshot", str(snapshot), "--topics", str(topics), "--out", str(out)]
        subprocess.run([sys.executable, "-m", "fondaco", "run", *files, *fixed], check=True, stdout=subprocess.DEVNULL)
        print(out, file=sys.stderr)


def write_http_answers(snapshot: Path, out: Path) -> None:
    """The answers of the HTTP API, one JSON object a line: what was asked, the status and the
    answer.
    """
    with serving(snapshot) as client, out.open("wb") as file:
        counted = 0
        for answer in all_answers(client):
            file.write(json.dumps(answer, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            counted += answer["status"] == 200
    assert counted > len(SEARCHES), f"only {counted} requests were answered"
    print(out, file=sys.stderr)


@contextmanager
def serving(snapshot: Path) -> Iterator[Any]:
    """A client of the application in this process, whose clock stands at `NOW`."""
    from starlette.testclient import TestClient

    app, pools = first_module(APPS), first_module(tuple(POOLS))
    engines = getattr(pools, POOLS[pools.__name__])(snapshot, threads=1)
    with patch("time.time", lambda: NOW.timestamp()), TestClient(app.create_app(engines)) as client:
        yield client


def all_answers(client: Any) -> Iterator[dict[str, Any]]:
    """Every request's answer, in a fixed order."""
    for path in PATHS:
        yield get(client, path)
    for request in (*first_module(WIRES).EXAMPLES.values(), *SEARCHES):
        yield search(client, request)
    for request in PAGED:
        yield from pages(client, request)
    for request in LISTINGS_FROM:
        found = search(client, request)
        yield found
        for result in found["answer"]["results"][:FOLLOWED]:
            listing = "/v1/listings/" + quote(result["listing_id"])
            for buyer in BUYERS:
                yield get(client, f"{listing}?{buyer}")
                yield get(client, f"{listing}/similar?{buyer}&size=8&explain=true")


def pages(client: Any, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The first `PAGES` pages of one search, by its cursors."""
    for _ in range(PAGES):
        page = search(client, request)
        yield page
        cursor = page["answer"].get("next_cursor")
        if cursor is None:
            return
        request = {**request, "cursor": cursor}


def search(client: Any, request: dict[str, Any]) -> dict[str, Any]:
    return comparable("POST /v1/search", request, client.post("/v1/search", json=request))


def get(client: Any, path: str) -> dict[str, Any]:
    return comparable(f"GET {path}", None, client.get(path))


def comparable(path: str, request: dict[str, Any] | None, response: Any) -> dict[str, Any]:
    """What must be the same in two versions of the code."""
    answer = without_known_changes(response.json())
    if response.status_code != 200:
        pointers = [error["pointer"] for error in answer.get("errors", ())]
        answer = {"type": answer["type"], "pointers": pointers}
    return {"path": path, "request": request, "status": response.status_code, "answer": answer}


def without_known_changes(value: Any) -> Any:
    """The answer by the present names, without the fields that are not compared."""
    if isinstance(value, list):
        return [without_known_changes(item) for item in value]
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if name not in NOT_COMPARED}
        return {RENAMED.get(name, name): without_known_changes(item) for name, item in kept.items()}
    return value


def first_module(names: tuple[str, ...]) -> Any:
    """The first of these modules that the checkout has.

    Another checkout may be installed: it is not looked at.
    """
    for name in names:
        if ROOT.joinpath(*name.split(".")).with_suffix(".py").exists():
            return importlib.import_module(name)
    raise ModuleNotFoundError(f"{ROOT} has none of {', '.join(names)}")


if __name__ == "__main__":
    main()
