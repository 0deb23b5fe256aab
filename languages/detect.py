"""Language detection: how likely each language is for a short text.

The shares weight the analyses of a query; they never remove a match. The script decides alone where
one language of ours writes with it, or has a letter of its own. Among the others, the n-grams of
characters say how likely each is, and the buyer's locale is the prior.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from languages.detection.ngrams import ngram_shares
from languages.detection.scripts import languages_of, script_shares
from languages.locale import Locale
from languages.normalise import normalise

LOCALE_ODDS = 40.0
"""How much likelier the buyer's language is than any other one, before a word is read."""

EVEN_SHARE = 0.02
"""Divided evenly among the languages of a script: names and loanwords are in every language."""


def detect(text: str, locale: Locale | None = None) -> dict[str, float]:
    """How likely each language is, most likely first; shares sum to 1.

    A largest share under 0.5 says that no language is sure. A text without letters of our scripts
    gives the locale's language alone, or {} without a locale.
    """
    normalised = normalise(text)
    votes: dict[str, float] = defaultdict(float)
    for script, script_share in script_shares(normalised).items():
        for language, share in _shares_in_script(script, normalised, locale).items():
            votes[language] += script_share * share
    if not votes:
        return {} if locale is None else {locale.language: 1.0}
    return dict(sorted(votes.items(), key=lambda vote: -vote[1]))


def _shares_in_script(script: str, text: str, locale: Locale | None) -> Mapping[str, float]:
    """Shares among the languages of one script; they sum to 1."""
    languages = languages_of(script, text)
    if len(languages) == 1:
        return {languages[0]: 1.0}
    even = EVEN_SHARE / len(languages)
    shares = {language: even + (1 - EVEN_SHARE) * share for language, share in ngram_shares(text, script).items()}
    if locale is not None and locale.language in shares:
        shares[locale.language] *= LOCALE_ODDS
    total = sum(shares.values())
    return {language: share / total for language, share in shares.items()}
