"""Logistic regression with known signs: more evidence never makes a listing less relevant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ranking.candidate import Floats
from ranking.relevance import Z_MAX, RelevanceModel

RIDGE = 1e-5
"""Against the mean log loss. It decides only where the evidence does not: were relevant listings
separable, the numbers would grow without end."""

_ITERATIONS_MAX = 500


class OneSided(ValueError):
    """All examples are relevant, or none is: no number can be fitted to them."""


def fit_logistic(
    lexical: Floats,
    vector: Floats,
    relevant: Floats,
    weights: Floats,
    base: RelevanceModel,
    *,
    keep_order: bool = False,
) -> RelevanceModel:
    """`base` with the bias, lexical and vector numbers of the least weighted log loss.

    All arrays are (n,); `relevant` is 0 or 1. The vector number is never below 0, nor the lexical
    one below Z_MAX times it: what is fitted is the vector number and the rest of the lexical one.
    With `keep_order` they keep the ratio of `base`: only bias and scale are fitted. L-BFGS-B: Byrd
    et al., SIAM J. Sci. Comput. 16(5), 1995.

    Raises:
        OneSided: all examples are relevant, or none is.
    """
    from scipy.optimize import minimize

    share = float(weights @ relevant / weights.sum()) if len(relevant) else 0.0
    if not 0.0 < share < 1.0:
        raise OneSided(f"{'all' if share else 'none'} of the {len(relevant):,} judged candidates are relevant")
    left_open = (1.0 - lexical) * vector
    known: tuple[Floats, ...] = (lexical, Z_MAX * lexical + left_open)
    if keep_order:
        known = (base.lexical * lexical + base.vector * left_open,)
    columns = np.stack([np.ones_like(lexical), *known])  # (2 or 3, n)
    weights = weights / weights.sum()
    signs = np.where(relevant > 0, -1.0, 1.0)

    def loss(numbers: Floats) -> tuple[float, Floats]:
        margins = signs * (numbers @ columns)
        ridge = RIDGE * np.array([0.0, *numbers[1:]])
        slopes = weights * signs * 0.5 * (1.0 + np.tanh(0.5 * margins))
        value = weights @ np.logaddexp(0.0, margins) + 0.5 * ridge @ numbers
        return float(value), columns @ slopes + ridge

    start = np.array([np.log(share / (1.0 - share)), *(0.0 for _ in known)])
    bounds = [(None, None), *((0.0, None) for _ in known)]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS_MAX, "ftol": 1e-12}
    )
    bias, *numbers = map(float, found.x)
    if keep_order:
        (scale,) = numbers
        return replace(base, bias=bias, lexical=scale * base.lexical, vector=scale * base.vector)
    rest, of_vector = numbers
    return replace(base, bias=bias, lexical=rest + Z_MAX * of_vector, vector=of_vector)


def log_loss(probabilities: Floats, relevant: Floats, weights: Floats) -> float:
    """The weighted mean of the surprise, in nats: 0 is certain and right, 0.69 a coin.

    All arrays are (n,).
    """
    of_label = np.where(relevant > 0, probabilities, 1.0 - probabilities)
    return float(weights @ -np.log(np.maximum(of_label, 1e-15)) / weights.sum())
