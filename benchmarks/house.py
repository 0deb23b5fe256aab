"""How large are the rooms and the functions, and which way does one search take through them?

    python benchmarks/house.py [--root CHECKOUT] [--name stock] [--table FILE] [--snapshot SNAPSHOT]

From the sources in `--root`, by default this checkout: files and lines of each room and sub-room,
the longest functions, how many functions have more than six parameters, and how often each `--name`
is spelled (as a string, an attribute, a keyword or a variable) in the product's rooms outside the
table of facts.

With `--snapshot`, one search is traced, after other searches have warmed the caches up. The tables
then show:

    files            files of ours that run any code during the search
    calls            calls from one of our files into another one
    turns back       those of them that go back, as defined here:

A call turns back when it goes into a file that is already on the stack, below the file that makes
the call. So if a.py calls b.py, and b.py calls a function of a.py, that call turns back: a
callback, a method passed along, or a generator of a.py that b.py consumes (each time it resumes).
The caller is the nearest frame of ours on the stack: frames of libraries and of generated methods
are skipped. Calls within a file do not count.

The trace runs the code on the import path. For another checkout, name it twice:

    cd OLD && PYTHONPATH=OLD python NEW/benchmarks/house.py --root OLD --snapshot SNAPSHOT
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

PRODUCT = ("languages", "indexer", "ranking", "search")
ROOMS = (*PRODUCT, "eval", "tests", "benchmarks")
FACT_TABLES = ("indexer/facts.py", "indexer/stores/fact_fields.py")  # in older checkouts, and now
PARAMETERS_MAX = 6
LONGEST = 5
WARM_UP = ("lamp", "wireless headphones", "2000")
NOW = 1_793_491_200  # 2026-11-01


@dataclass(frozen=True)
class Function:
    """A function of the product.

    `lines` has its docstring, `code_lines` has not; self and cls do not count.
    """

    place: str
    name: str
    lines: int
    code_lines: int
    parameters: int
    is_command: bool  # of typer: each parameter is an option

    @classmethod
    def from_node(cls, place: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        first = node.body[0]
        has_docstring = ast.get_docstring(node, clean=False) is not None
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        own = [argument for argument in arguments if argument.arg not in ("self", "cls")]
        is_command = any("typer." in ast.unparse(argument.annotation) for argument in own if argument.annotation)
        return cls(f"{place}:{node.lineno}", node.name, lines, lines - docstring, len(own), is_command)


@dataclass
class Trace:
    """The calls of one search, by (file of the caller, file and function that is called)."""

    root: str
    files: set[str] = field(default_factory=set)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    turns_back: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """The profiler: Python calls it at every call and return."""
        file = frame.f_code.co_filename
        if event != "call" or not self._is_ours(file):
            return
        self.files.add(file)
        below = list(self._files_below(frame))
        if not below or below[0] == file:
            return
        call = (self._short(below[0]), f"{self._short(file)} {frame.f_code.co_name}")
        self.calls[call] += 1
        if file in below:
            self.turns_back[call] += 1

    def _files_below(self, frame: FrameType) -> Iterator[str]:
        """Our files on the stack, from the caller's down."""
        caller = frame.f_back
        while caller is not None:
            if self._is_ours(caller.f_code.co_filename):
                yield caller.f_code.co_filename
            caller = caller.f_back

    def _is_ours(self, file: str) -> bool:
        return file.startswith(tuple(f"{self.root}/{room}/" for room in PRODUCT))

    def _short(self, file: str) -> str:
        return file.removeprefix(f"{self.root}/")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--name", action="append", help="Repeatable. Default: stock.")
    parser.add_argument("--table", action="append", help="Where a name is defined. Default: the file of the facts.")
    parser.add_argument("--snapshot", type=Path, help="Trace a search of this snapshot as well.")
    parser.add_argument("--query", default="Wasserkocher für die Küche")
    parser.add_argument("--locale", default="de")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    print(rooms(root), end="\n\n")
    print(functions(root), end="\n\n")
    print(names(root, arguments.name or ["stock"], arguments.table or FACT_TABLES))
    if arguments.snapshot:
        print("\n" + searched(trace(arguments.snapshot, arguments.query, arguments.locale, root)))


def rooms(root: Path) -> str:
    """Files and lines of each room in all, and of its folders; the longest file of each."""
    rows: list[Sequence[object]] = []
    for room in ROOMS:
        files = {file: line_count(file) for file in python_files(root / room)}
        if not files:
            continue
        rows.append((f"**{room}**", *summary(files)))
        folders = sorted({file.parent for file in files})
        if len(folders) > 1 and room in (*PRODUCT, "eval"):
            for folder in folders:
                own = {file: lines for file, lines in files.items() if file.parent == folder}
                rows.append((f"{folder.relative_to(root)}/", *summary(own)))
    every = {file: line_count(file) for room in (*PRODUCT, "eval") for file in python_files(root / room)}
    rows.append(("**the five rooms**", *summary(every)))
    return table(("room", "files", "lines", "longest file", "its lines"), rows)


def summary(files: dict[Path, int]) -> tuple[object, ...]:
    longest = max(files, key=lambda file: files[file])
    return len(files), f"{sum(files.values()):,}", longest.name, files[longest]


def functions(root: Path) -> str:
    """The longest functions of the five rooms, and how many have more than six parameters."""
    every = [
        Function.from_node(str(file.relative_to(root)), node)
        for room in (*PRODUCT, "eval")
        for file in python_files(root / room)
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    longest = sorted(every, key=lambda function: (-function.code_lines, function.place))[:LONGEST]
    rows = [(function.name, function.place, function.code_lines, function.lines) for function in longest]
    wide = [function for function in every if function.parameters > PARAMETERS_MAX]
    commands = sum(function.is_command for function in wide)
    others = [function for function in wide if not function.is_command]
    listed = ", ".join(f"`{function.name}` ({function.place}, {function.parameters})" for function in others)
    return (
        table(("longest functions", "place", "lines without docstring", "with it"), rows)
        + f"\n\nFunctions with more than {PARAMETERS_MAX} parameters: {len(others)}, and {commands} commands of typer."
        + (f"\n{listed}." if listed else "")
    )


def names(root: Path, wanted: Iterable[str], tables: Iterable[str]) -> str:
    """How often each name is spelled in the product's rooms, outside the files of the table."""
    outside = {root / file for file in tables}
    rows = []
    for name in wanted:
        spelled: Counter[str] = Counter()
        files = set()
        for file in [file for room in PRODUCT for file in python_files(root / room) if file not in outside]:
            found = Counter(spellings(ast.parse(file.read_text("utf-8")), name))
            spelled += found
            files |= {file} if found else set()
        ways = ("string", "attribute", "keyword", "variable")
        rows.append((f"`{name}`", *(spelled[way] for way in ways), sum(spelled.values()), len(files)))
    return table(("name", "as a string", "attribute", "keyword", "variable or field", "in all", "files"), rows)


def spellings(tree: ast.AST, name: str) -> Iterator[str]:
    """Each way in which `name` is spelled in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value == name:
            yield "string"
        elif isinstance(node, ast.Attribute) and node.attr == name:
            yield "attribute"
        elif isinstance(node, ast.keyword) and node.arg == name:
            yield "keyword"
        elif (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.arg) and node.arg == name):
            yield "variable"


def trace(snapshot: Path, text: str, locale: str, root: Path) -> Trace:
    """One search, traced."""
    import search.bootstrap
    from languages.locale import Locale
    from ranking.query import Query

    code = Path(search.bootstrap.__file__).resolve().parents[1]
    assert code == root, f"the import path has {code}, and --root is {root}"
    engine = search.bootstrap.open_engine(snapshot, threads=1)
    for warm_up in WARM_UP:  # lexicons, stemmers and tables of this locale are loaded now
        engine.search(Query(warm_up, Locale.parse(locale), NOW))
    query = Query(text, Locale.parse(locale), NOW)
    profiler = Trace(str(root))
    sys.setprofile(profiler)
    try:
        page = engine.search(query)
    finally:
        sys.setprofile(None)
    assert page.results or page.near, f"{text!r} finds nothing in {snapshot}"
    return profiler


def searched(trace: Trace) -> str:
    """What a traced search went through."""
    rows = [
        ("files", len(trace.files)),
        ("calls from one file into another", sum(trace.calls.values())),
        ("of these, turns back", sum(trace.turns_back.values())),
        ("places that turn back", len(trace.turns_back)),
    ]
    places = [(caller, called, count) for (caller, called), count in trace.turns_back.most_common()]
    return table(("one search", ""), rows) + "\n\n" + table(("turns back from", "to", "times"), places)


def python_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*.py") if "__pycache__" not in file.parts)


def line_count(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows in Markdown; numbers stand to the right."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([f"| {' | '.join(header)} |", "|---" * len(header) + "|", *lines])


if __name__ == "__main__":
    main()
