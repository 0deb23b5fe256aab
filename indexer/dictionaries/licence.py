"""What a dictionary says of its licence, in one sentence."""

from __future__ import annotations

import re

LICENCE_MAX = 600  # characters
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z\"'])|\n\s*\n|\n(?=\s*[*•-] )")
_SAYS = re.compile(r"licen[cs]e|creative commons|\bCC[ -]BY|\bGPL|public domain", re.IGNORECASE)


def licence_in(text: str) -> str | None:
    """The first sentence of `text` that names a licence; None if there is none."""
    for sentence in _SENTENCE.split(text):
        if _SAYS.search(sentence):
            return " ".join(sentence.split())[:LICENCE_MAX]
    return None
