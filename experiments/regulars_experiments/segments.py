"""Segments beside each other: the errors by which they are weighed, and what they say together.

The error of an interval comes from its own two groups. It is no weight: a small holdout without a
big basket, or without a single success, has a small mean *and* a small error, so that just the
lucky segments weigh most, the pooled effect of a worthless campaign is above zero, and Cochran's Q
finds differences where there are none. The errors here do not know which of the two groups was
lucky: the variance of both together, split between them as it is over all segments.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regulars_experiments.moments import Summary
from regulars_experiments.pooling import Posterior, dersimonian_laird, pool
from regulars_experiments.results import FloatArray

_DOUBT = 2.0  # successes (or failures, the fewer) added to each group (Agresti & Coull 1998)


def shared_errors(control: Summary, arm: Summary, families: Sequence[str]) -> FloatArray:
    """Standard errors of arm minus control for weighing segments against each other; (cells,).

    families: per cell, the cells that go together (the arm). With V the variance inside the groups
    of a cell and L the family's variance in the arm over that in the control,
    v_c = V / (f_c + f_t L) and v_t = L v_c, f the groups' shares of the customers; the error is
    sqrt(v_c / n_c + v_t / n_t). So an effect that changes the variance everywhere, as more buyers
    do, is allowed for. NaN where a group has fewer than two customers.

    A holdout that missed the big baskets in the first segment does not weigh more there:

    >>> from regulars_experiments.effects import as_summary
    >>> control, arm = as_summary([100, 100], [2.0, 4.0], [10, 30]), as_summary([900, 900], 3, 20)
    >>> shared_errors(control, arm, ["mail", "mail"]).round(3).tolist()
    [0.46, 0.483]
    >>> np.sqrt(control.error2 + arm.error2).round(3).tolist()
    [0.35, 0.568]
    """
    errors = np.full(control.n.shape, np.nan)
    for places in _families(families):
        n_c, n_t = control.n[places], arm.n[places]
        v_c, v_t = control.variance[places], arm.variance[places]
        known = (n_c >= 2) & (n_t >= 2) & np.isfinite(v_c) & np.isfinite(v_t)
        n_c, n_t, v_c, v_t = n_c[known], n_t[known], v_c[known], v_t[known]
        inside = ((n_c - 1) * v_c + (n_t - 1) * v_t) / (n_c + n_t - 2)
        weight = n_c * n_t / (n_c + n_t)
        in_control, in_arm = float(weight @ v_c), float(weight @ v_t)
        # where one side has no variation at all, nothing tells it from the other's
        ratio = in_arm / in_control if in_control > 0 and in_arm > 0 else 1.0
        errors[places[known]] = _split(inside, ratio, n_c, n_t)
    return errors


def shared_share_errors(control: Summary, arm: Summary, families: Sequence[str]) -> FloatArray:
    """The same for shares: `control` and `arm` are of a column of 0 and 1; (cells,).

    V = p (1 - p), p the share of both groups together, pulled towards the family's as far as
    chance explains that they differ (DerSimonian & Laird 1986): a segment with one success, or
    none, does not know its share. NaN where a group is empty, or nobody or everybody succeeds.

    Nobody of 50 held out bought, and one of 50; both errors are about the same:

    >>> from regulars_experiments.effects import as_summary
    >>> control = as_summary([50, 50], [0.0, 0.02], [0.0, 0.02])
    >>> arm = as_summary([450, 450], [0.02, 0.016], [0.0196, 0.0157])
    >>> shared_share_errors(control, arm, ["mail", "mail"]).round(4).tolist()
    [0.0178, 0.0178]
    """
    errors = np.full(control.n.shape, np.nan)
    for places in _families(families):
        known = (control.n[places] >= 1) & (arm.n[places] >= 1)
        n_c, n_t = control.n[places][known], arm.n[places][known]
        x_c = control.mean[places][known] * n_c
        x_t = arm.mean[places][known] * n_t
        n = n_c + n_t
        if not 0 < (x_c + x_t).sum() < n.sum():
            continue
        common = (x_c + x_t).sum() / n.sum()
        chance2 = common * (1 - common) / n
        spread2 = np.nan_to_num(dersimonian_laird((x_c + x_t) / n, np.sqrt(chance2)))
        own = spread2 / (spread2 + chance2)
        share = common + own * ((x_c + x_t) / n - common)
        # the same weights for both groups, or the mix of segments would pass for an effect
        weight = n_c * n_t / n
        doubt = _DOUBT / min(common, 1 - common)
        of_control, of_arm = (
            (float(weight @ (x / size)) + doubt * common) / (float(weight.sum()) + doubt)
            for x, size in ((x_c, n_c), (x_t, n_t))
        )
        ratio = of_arm * (1 - of_arm) / (of_control * (1 - of_control))
        errors[places[known]] = _split(share * (1 - share), ratio, n_c, n_t)
    return errors


def pool_segments(
    estimates: FloatArray, errors: FloatArray, customers: FloatArray, levels: FloatArray
) -> Posterior | None:
    """What is believed of each segment of one arm, given them all; None without any estimate.

    estimates: (segments,), NaN where there is none. errors: as `shared_errors` gives them.
    customers, levels: of the control, how many and their mean in each segment; NaN where nobody
    is. Segments are taken to differ in effect by about what is there at most, the mean over all
    of the control, or failing that by the noise: the scale of `pool`.

    >>> each = np.array([100.0, 300.0])
    >>> found = pool_segments(np.array([0.0, 8.0]), np.array([2.0, 2.0]), each, np.array([1., 1.]))
    >>> found is not None and found.mean().round(1).tolist()
    [2.9, 5.1]
    """
    known = np.isfinite(estimates) & (errors > 0) & np.isfinite(errors)
    if not known.any():
        return None
    present = (customers > 0) & np.isfinite(levels)
    n = customers[present]
    typical = abs(float(n @ levels[present])) / float(n.sum()) if present.any() else 0.0
    scale = typical if typical > 0 else float(errors[known].mean())
    return pool(np.where(known, estimates, np.nan), errors, scale)


def _families(families: Sequence[str]) -> list[npt.NDArray[np.intp]]:
    names = np.array(families, dtype=object)
    return [np.flatnonzero(names == name) for name in dict.fromkeys(families)]


def _split(inside: FloatArray, ratio: float, n_c: FloatArray, n_t: FloatArray) -> FloatArray:
    """Errors from the variance inside both groups and the ratio of the arm's to the control's."""
    in_control = inside * (n_c + n_t) / (n_c + n_t * ratio)
    error2 = in_control / n_c + in_control * ratio / n_t
    return np.where(error2 > 0, np.sqrt(error2), np.nan)
