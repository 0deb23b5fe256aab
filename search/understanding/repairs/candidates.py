"""What a query with unknown words may have been meant to be: other texts of all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from languages.normalise import normalise
from search.understanding.repairs.by_ear import homophones, transliterated_runs, transliterations
from search.understanding.repairs.chunks import Chunk
from search.understanding.repairs.layouts import layouts
from search.understanding.repairs.misspelt import misspellings, misspelt_runs
from search.understanding.repairs.replacements import Candidate
from search.understanding.repairs.spacing import joined_runs, joins, splits
from search.understanding.repairs.vocabulary import Vocabulary

_KINDS: Sequence[Callable[[Sequence[Chunk], Vocabulary], Iterator[Candidate]]] = (
    layouts,
    transliterations,
    transliterated_runs,
    misspellings,
    misspelt_runs,
    homophones,
    joins,
    joined_runs,
    splits,
)


def candidates(chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Iterator[Candidate]:
    """Other texts for a query, of all kinds; none is the query itself."""
    text = " ".join(chunk.text for chunk in chunks)
    made = chain.from_iterable(make(chunks, vocabulary) for make in _KINDS)
    return (candidate for candidate in made if normalise(candidate.text) != text)
