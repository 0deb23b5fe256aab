"""Follows a folder of synonyms: changed files serve from the next search, without a restart.

A file that is not valid changes nothing: its former rules stay, and one line in the log says why. A
file that is deleted takes its rules with it; a folder that cannot be read takes none. Versions
before stay known, so that a list of several pages is continued with the rules of its first page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from languages.locale import Locale
from languages.synonyms.folder import find_files, read_folder
from languages.synonyms.read import SynonymFile, read_file
from languages.synonyms.rule import SynonymProblem
from languages.synonyms.table import NO_SYNONYMS, Synonyms

log = logging.getLogger(__name__)

VERSIONS_MAX = 4
"""The rules that serve and those before: a buyer reads on within minutes, files change in hours."""

_Signature = tuple[int, int, int]  # time of change, size and number of a file


class SynonymFolder:
    """The synonyms of a folder, as they are now and as they were. Safe to share between threads.

    A `path` of None has no synonyms. Nothing is read until the first `open` or `refresh`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._versions: tuple[Synonyms, ...] = (NO_SYNONYMS,)  # the newest first; replaced whole
        self._files: dict[str, SynonymFile] = {}  # by locale, those that serve
        self._signatures: dict[str, _Signature | None] = {}  # of the files as they were last read, valid or not
        self._refused: object = None  # what was last wrong with the folder itself
        self._reading = threading.Lock()

    @property
    def current(self) -> Synonyms:
        """The synonyms that serve."""
        return self._versions[0]

    def version(self, name: str) -> Synonyms | None:
        """The synonyms of a version; None where it is not, or no longer, known."""
        known = (*self._versions, NO_SYNONYMS)
        return next((synonyms for synonyms in known if synonyms.version == name), None)

    def open(self) -> None:
        """Read all files.

        Raises:
            InvalidSynonyms: some break a rule; with all problems.
            OSError: the folder, or a file in it, cannot be read.
        """
        if self.path is None:
            return
        with self._reading:
            paths, _ = find_files(self.path)
            signatures = {tag: _signature(path) for tag, path in paths.items()}
            self._serve(dict(read_folder(self.path)))
            self._signatures = signatures

    def refresh(self) -> None:
        """Read what has changed since the last look; a look takes microseconds a file.

        Never raises: what is wrong is in the log, once.
        """
        if self.path is None:
            return
        with self._reading:
            try:
                self._refresh(self.path)
            except Exception as error:  # whatever it is, the former rules keep serving
                self._refuse(str(error), [SynonymProblem(str(self.path), 0, f"cannot be read: {error}")])

    def _refresh(self, folder: Path) -> None:
        paths, problems = find_files(folder)
        self._refuse(problems, problems)
        files = {tag: file for tag, file in self._files.items() if tag in paths}
        self._signatures = {tag: self._signatures.get(tag) for tag in paths}
        for tag, path in paths.items():
            signature = _signature(path)
            if signature is not None and signature != self._signatures[tag]:
                self._signatures[tag] = signature
                file = self._read(path, tag)
                files |= {} if file is None else {tag: file}
        if files != self._files:
            self._serve(files)
            log.info("synonyms of %s serve, rules: %s", folder, f"{sum(len(file.rules) for file in files.values()):,}")

    def _read(self, path: Path, tag: str) -> SynonymFile | None:
        """A changed file; None, with a line in the log, where something is wrong with it."""
        try:
            file, problems = read_file(path, Locale.parse(tag).language)
        except OSError as error:
            problems = (SynonymProblem(path.name, 0, f"cannot be read: {error.strerror}"),)
        if not problems:
            return file
        self._log(
            problems, f"the former rules of {tag} stay" if tag in self._files else f"{tag} has no rules meanwhile"
        )
        return None

    def _serve(self, files: dict[str, SynonymFile]) -> None:
        synonyms = Synonyms(files, former=self.current)
        others = [other for other in self._versions if other.version != synonyms.version]
        self._versions = (synonyms, *others)[:VERSIONS_MAX]
        self._files = files

    def _refuse(self, reason: object, problems: Sequence[SynonymProblem]) -> None:
        """Log what is wrong with the folder itself, unless it was before."""
        if problems and reason != self._refused:
            self._log(problems, "the rules of other files serve")
        self._refused = reason

    def _log(self, problems: Sequence[SynonymProblem], meanwhile: str) -> None:
        others = len(problems) - 1
        more = f"; and {others} more, which fondaco synonyms check {self.path} lists" if others else ""
        log.error("synonyms refused, %s: %s%s", meanwhile, problems[0], more)


def _signature(path: Path) -> _Signature | None:
    try:
        status = path.stat()
    except FileNotFoundError:  # deleted a moment ago: the next look sees it
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
