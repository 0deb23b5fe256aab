"""`fondaco detect`: which languages each line of text may be in."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def detect(
    locale: Annotated[str | None, typer.Option(help="The reader's language, as one more vote: de, pt-BR.")] = None,
) -> None:
    """Read lines of text; write one JSON object of language shares per line.

    {} for a line without letters.
    """
    from languages.detect import detect as detect_languages
    from languages.locale import Locale

    reader = None if locale is None else Locale.parse(locale)
    for line in sys.stdin:
        shares = {language: round(share, 4) for language, share in detect_languages(line, reader).items()}
        sys.stdout.write(json.dumps(shares) + "\n")
