"""Do the readers survive any damage to a catalogue, and account for each record?

    python benchmarks/fuzz_readers.py [--records 100000] [--seed 1] [--form NAME ...]

Files of each form are written and damaged: flipped bits, deleted, repeated or inserted bytes, cuts,
other encodings, swapped columns, hostile texts. Reading one must raise nothing, end within
SECONDS_MAX, number its entries 1, 2, 3 ..., and give a listing or a rejection for each. Where the
damage leaves the borders of the records as they are, rejected + read = sent, and all records that
were not touched are read.

A form is a line in FORMS (`fuzz_forms.py`). The same seed damages the same files. A failure prints
form, damage and the seed of its file, which `--file-seed` runs alone.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from fuzz_forms import COLUMNS, FORMS, RECORDS_A_FILE, Damaged, Form, Record, make_record

from indexer.catalogue.catalogue import Defaults, open_catalogue
from indexer.listing import LeftOut, Listing, Rejected
from languages.locale import Locale

SECONDS_MAX = 20
NEIGHBOURS_MAX = 3  # records that damage inside one record may cost: its own, and those it runs into
DEFAULTS = Defaults(Locale("de", None, "DE"), "S", currency="EUR")
STRUCTURE = b"\n\r\t\",;<>&[]{}:'\\\x00!-/()"  # bytes that may divide records, or quote
TOKENS = (
    b"\x00", b"\x0b", b'"', b'""', b"\t", b"\n", b"\r\n", b"&", b"<", b">", b"]]>", b"<![CDATA[", b"<!--",
    b"-->", b"</item>",
    b"<item>", b"<item", b"{", b"}", b"[" * 999, b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"1e999",
    b"<!DOCTYPE x>",
    b"&x;", b"\\ud800", b"<a " * 300, b"<b>" * 300, b"9" * 400, b"<?xml encoding='x'?>", b"x" * 1_100_000,
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", action="append", choices=[form.name for form in FORMS])
    parser.add_argument("--file-seed", help="FORM:DAMAGE:SEED of a failure, to be run alone")
    arguments = parser.parse_args()
    if arguments.file_seed:
        form_name, damage, seed = arguments.file_seed.split(":")
        read_damaged(next(form for form in FORMS if form.name == form_name), damage, int(seed))
        return
    forms = [form for form in FORMS if not arguments.form or form.name in arguments.form]
    sent: Counter[str] = Counter()
    read: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    seed = arguments.seed * 1_000_000
    while sum(sent.values()) < arguments.records:
        form = forms[seed % len(forms)]
        damage = list(DAMAGES)[seed // len(forms) % len(DAMAGES)]
        started = time.perf_counter()
        read[form.name] += read_damaged(form, damage, seed)
        seconds[form.name] += time.perf_counter() - started  # type: ignore[assignment]
        sent[form.name] += RECORDS_A_FILE
        seed += 1
    rows = {
        name: {"records": sent[name], "read": read[name], "per_s": round(sent[name] / seconds[name])} for name in sent
    }
    total = sum(sent.values())
    print(json.dumps({"forms": rows, "records": total, "per_s": round(total / sum(seconds.values()))}, indent=1))


def read_damaged(form: Form, damage: str, seed: int) -> int:
    """How many records of a damaged file are read. Exits where a promise is broken."""
    rng = random.Random(seed)
    records = [make_record(number, rng) for number in range(RECORDS_A_FILE)]
    damaged = form.damage(records, rng) if form.damage else DAMAGES[damage](form, records, rng)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (form.file_name + (".gz" if damaged.content[:2] == b"\x1f\x8b" else ""))
        path.write_bytes(damaged.content)
        signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
        try:
            return _check(form, path, damaged)
        except ValueError as error:
            if damaged.touched is None:
                return 0  # the file as a whole is refused, with a message
            problem: Exception = error
        except Exception as error:
            problem = error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    print(f"{form.name}:{damage}:{seed}: {type(problem).__name__}: {problem}", file=sys.stderr)
    raise SystemExit(1) from problem


def _check(form: Form, path: Path, damaged: Damaged) -> int:
    read = rejected = 0
    catalogue = open_catalogue(path, mapping=form.mapping, defaults=DEFAULTS)
    last = 0
    for number, entry in catalogue:
        is_next = number > last if form.damage else number == last + 1  # a row group is lost as one entry
        assert is_next, f"the entry after {last} has the number {number}"
        last = number
        assert isinstance(entry, Listing | Rejected | LeftOut)
        if isinstance(entry, Rejected):
            assert entry.reason, "a rejection without a reason"
            rejected += 1
        else:
            read += 1
    if damaged.touched is not None:
        assert read + rejected == RECORDS_A_FILE, f"{read} read and {rejected} rejected of {RECORDS_A_FILE}"
        assert rejected <= damaged.touched, f"{rejected} rejected where {damaged.touched} were touched"
    assert read >= RECORDS_A_FILE - damaged.lost_max, f"only {read} of {RECORDS_A_FILE} are read"
    return read


# How they are damaged


def _whole(form: Form, written: list[bytes]) -> bytes:
    return form.around[0] + b"".join(written) + form.around[1]


def _one_of(
    form: Form, records: list[Record], rng: random.Random, change: Callable[[bytearray], None], lost_max: int
) -> Damaged:
    """The file with one record's bytes changed, or sometimes the bytes around the records."""
    written = [form.write(record) for record in records]
    if rng.random() < 0.05:
        around = bytearray(form.around[0] or written[0])
        change(around)
        return Damaged(bytes(around) + b"".join(written) + form.around[1], None)
    position = rng.randrange(len(written))
    content = bytearray(written[position])
    change(content)
    written[position] = bytes(content)
    return Damaged(_whole(form, written), None, lost_max)


def flip_bits(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    def change(content: bytearray) -> None:
        for _ in range(rng.choice([1, 1, 2, 8, 64])):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)

    return _one_of(form, records, rng, change, NEIGHBOURS_MAX)


def flip_text_bits(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    """Bits of one record, away from what divides records."""
    written = [form.write(record) for record in records]
    position = rng.randrange(len(written))
    content = bytearray(written[position])
    border = 12  # the opening and closing tags of an item
    for _ in range(rng.choice([1, 2, 8])):
        place = rng.randrange(border, len(content) - border)
        flipped = content[place] ^ (1 << rng.randrange(8))
        if content[place] not in STRUCTURE and flipped not in STRUCTURE:
            content[place] = flipped
    written[position] = bytes(content)
    return Damaged(_whole(form, written), 1)


def delete_bytes(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    def change(content: bytearray) -> None:
        start = rng.randrange(len(content))
        del content[start : start + rng.choice([1, 2, 10, 200])]

    return _one_of(form, records, rng, change, NEIGHBOURS_MAX)


def repeat_bytes(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    def change(content: bytearray) -> None:
        start = rng.randrange(len(content))
        content[start:start] = content[start : start + rng.choice([1, 2, 10, 200])] * rng.choice([1, 1, 50])

    return _one_of(form, records, rng, change, NEIGHBOURS_MAX)


def insert_tokens(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    def change(content: bytearray) -> None:
        for _ in range(rng.choice([1, 1, 3])):
            start = rng.randrange(len(content))
            content[start:start] = rng.choice(TOKENS)

    return _one_of(form, records, rng, change, RECORDS_A_FILE)


def break_an_item(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    """One token inside one record, that does not divide records of this form."""
    written = [form.write(record) for record in records]
    tokens = (
        (b"&", b"<", b"\x0b", b"\x00", b"</b>", b"&x;", b"\xff", b"<![CDATA[", b"<b>")
        if form.is_xml
        else (b"\xff", b"&", b"\x0b")
    )
    position = rng.randrange(len(written) - 1)
    content = written[position]
    place = rng.randrange(12, len(content) - 12)
    written[position] = content[:place] + rng.choice(tokens) + content[place:]
    return Damaged(_whole(form, written), 1)


def cut(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    content = _whole(form, [form.write(record) for record in records])
    if rng.random() < 0.3:
        content = gzip.compress(content, 1)
    return Damaged(content[: rng.randrange(len(content))], None)


def encode(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    """Another encoding; with a byte order mark all records are read, in cp1252 those in ASCII."""
    text = _whole(form, [form.write(record) for record in records]).decode()
    encoding = rng.choice(["utf-8-sig", "utf-16", "cp1252", "latin-1", "shift_jis"])
    is_known = encoding.startswith("utf")
    return Damaged(text.encode(encoding, "replace"), 0 if is_known else RECORDS_A_FILE)


def swap_columns(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    names = list(COLUMNS)
    rng.shuffle(names)
    swapped = [{name: record[other] for name, other in zip(COLUMNS, names, strict=True)} for record in records]
    return Damaged(_whole(form, [_safely(form, record) for record in swapped]), RECORDS_A_FILE)


def _safely(form: Form, record: Record) -> bytes:
    shipping = record["shipping"] if record["shipping"].count(":") == 3 else ""
    return form.write(record | {"shipping": shipping} if form.is_xml else record)


def shuffle_records(form: Form, records: list[Record], rng: random.Random) -> Damaged:
    chosen = rng.sample(records, len(records))
    return Damaged(_whole(form, [form.write(record) for record in chosen]), 0)


DAMAGES: dict[str, Callable[[Form, list[Record], random.Random], Damaged]] = {
    "flip_bits": flip_bits,
    "flip_text_bits": flip_text_bits,
    "delete_bytes": delete_bytes,
    "repeat_bytes": repeat_bytes,
    "insert_tokens": insert_tokens,
    "break_an_item": break_an_item,
    "cut": cut,
    "encode": encode,
    "swap_columns": swap_columns,
    "shuffle_records": shuffle_records,
}


def _too_slow(signal_number: int, frame: FrameType | None) -> Any:
    raise TimeoutError(f"reading took more than {SECONDS_MAX} s")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _too_slow)
    main()
