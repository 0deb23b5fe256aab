"""Language detection: how likely each language is for a short text.

The shares weight the analyses of a query; they never remove a match. The script decides alone where
one language of ours writes with it, or has a letter of its own. Among the others, the n-grams of
characters and the lexicon's words say how likely each is, and the buyer's locale is the prior.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from languages.detection.lexicon_words import languages_with
from languages.detection.ngrams import ngram_shares, words_of
from languages.detection.scripts import BY_SCRIPT, languages_of, script_shares
from languages.locale import LANGUAGES, Locale
from languages.normalise import normalise

LOCALE_PRIOR = 0.8
"""The probability of the buyer's language before a word is read, among those of the script; the
others have the rest, evenly."""

SECOND_LANGUAGE = "en"
SECOND_PRIOR = 0.5
"""Of English in Latin letters, where the buyer's language or the rest of the text is written in
others: *pro controller* beside Thai is English, and no Italian."""

LEXICON_ODDS = 4.5
"""How much likelier a word makes a language whose lexicon has it than one whose lexicon has not."""

EVEN_SHARE = 0.02
"""Divided evenly among the languages of a script: names and loanwords are in every language."""


def detect(text: str, locale: Locale | None = None) -> dict[str, float]:
    """How likely each language is, most likely first; shares sum to 1.

    A largest share under 0.5 says that no language is sure. A text without letters of our scripts
    gives the locale's language alone, or {} without a locale.
    """
    normalised = normalise(text)
    votes: dict[str, float] = defaultdict(float)
    scripts = script_shares(normalised)
    for script, script_share in scripts.items():
        prior = _prior(script, locale, len(scripts) > 1)
        for language, share in _shares_in_script(script, normalised, prior).items():
            votes[language] += script_share * share
    if not votes:
        return {} if locale is None else {locale.language: 1.0}
    return dict(sorted(votes.items(), key=lambda vote: -vote[1]))


def _prior(script: str, locale: Locale | None, is_mixed: bool) -> tuple[str, float] | None:
    """The language of a script that is likelier than its others before a word is read, and its
    probability; None where nothing says so.
    """
    if locale is not None and locale.language in BY_SCRIPT[script]:
        return locale.language, LOCALE_PRIOR
    if script == "LATIN" and (is_mixed or (locale is not None and locale.language in LANGUAGES)):
        return SECOND_LANGUAGE, SECOND_PRIOR
    return None


def _shares_in_script(script: str, text: str, prior: tuple[str, float] | None) -> Mapping[str, float]:
    """Shares among the languages of one script; they sum to 1."""
    languages = languages_of(script, text)
    if len(languages) == 1:
        return {languages[0]: 1.0}
    even = EVEN_SHARE / len(languages)
    shares = {language: even + (1 - EVEN_SHARE) * share for language, share in ngram_shares(text, script).items()}
    for word in words_of(text, script):
        for language in languages_with(word):
            if language in shares:
                shares[language] *= LEXICON_ODDS
    if prior is not None:
        language, probability = prior
        shares[language] *= probability / (1 - probability) * (len(languages) - 1)
    total = sum(shares.values())
    return {language: share / total for language, share in shares.items()}
