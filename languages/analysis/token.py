"""What the analysis of a text gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised word and its lemma: the folded stem, a number's normal form, or a bigram of an
    unspaced script.
    """

    surface: str
    lemma: str


@dataclass(frozen=True, slots=True)
class AnalysedText:
    """A text's tokens in order. `language` is None where only Unicode rules were used.

    The last `added` tokens do not stand in the text as words: they are other forms of its numbers
    and model numbers.
    """

    text: str
    language: str | None
    tokens: tuple[Token, ...]
    added: int = 0

    @property
    def written(self) -> tuple[Token, ...]:
        """The tokens that stand in the text."""
        return self.tokens[: len(self.tokens) - self.added]
