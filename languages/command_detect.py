"""`fondaco detect`: which languages each line of text may be in."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def detect(
    locale: Annotated[
        str | None, typer.Option(help="The buyer's language, likelier than others before a word is read: de, pt-BR.")
    ] = None,
) -> None:
    """Read lines of text, such as queries; write one JSON object of language shares per line.

    Most likely first; shares sum to 1. A largest share under 0.5 says that no language is sure. {}
    for a line without letters, unless there is a locale.

    Example: echo "kabellose kopfhörer" | fondaco detect
    """
    from languages.detect import detect as detect_languages
    from languages.locale import Locale

    buyer = None if locale is None else Locale.parse(locale)
    for line in sys.stdin:
        shares = {language: round(share, 4) for language, share in detect_languages(line, buyer).items()}
        sys.stdout.write(json.dumps(shares) + "\n")
