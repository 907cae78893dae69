"""What is wrong with a campaign before any model is fitted on it, said by name.

Findings that are `fatal` leave nothing to value: `require_fit` raises them. The others are warnings
beside the result; features found to leak or never to vary are left out of the models.
Customers who look alike are different customers: rows are never de-duplicated by content.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import special

from regulars_experiments.checks import sample_ratio
from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.randomised import BoolArray, IntArray, Randomised

LEAST_BUYERS = 30
"""In each arm; below it no interval of the product is valid."""
_LEAK_LEVEL = 1e-6  # Bonferroni over the features
_PERFECT = 0.99
_EXPECTED_IN_EMPTY = 100
_BINS = 20
_LEAST_EXPECTED = 5


class UpliftError(ValueError):
    """Something asked of uplift models cannot be answered; the sentence says what to do."""


class UnfitDataError(UpliftError):
    """The campaign cannot be learnt from or valued. findings: the fatal ones."""

    def __init__(self, findings: Sequence["Finding"]) -> None:
        super().__init__("; ".join(finding.words for finding in findings))
        self.findings = tuple(findings)


class Code(StrEnum):
    """What was found."""

    NOBODY = "nobody"
    EMPTY_ARM = "empty_arm"
    NO_HOLDOUT = "no_holdout"
    ONE_CLASS = "one_class"
    FEW_BUYERS = "few_buyers"
    SHARES_OFF = "shares_off"
    NO_FEATURE = "no_feature"
    MISSING_SCORES = "missing_scores"
    CONSTANT = "constant"
    TOO_MANY_CATEGORIES = "too_many_categories"
    ALMOST_NUMBERS = "almost_numbers"
    NAMES_CUSTOMERS = "names_customers"
    LEAKS_OUTCOME = "leaks_outcome"
    MAY_LEAK_OUTCOME = "may_leak_outcome"
    LEAKS_ARM = "leaks_arm"


FATAL = frozenset(
    {
        Code.NOBODY,
        Code.EMPTY_ARM,
        Code.NO_HOLDOUT,
        Code.ONE_CLASS,
        Code.FEW_BUYERS,
        Code.SHARES_OFF,
        Code.NO_FEATURE,
        Code.MISSING_SCORES,
    }
)
LEFT_OUT = frozenset({Code.CONSTANT, Code.NAMES_CUSTOMERS, Code.LEAKS_OUTCOME, Code.LEAKS_ARM})
"""Findings whose feature the models do without."""

WORDS = {
    Code.NOBODY: "there are no customers to learn from",
    Code.EMPTY_ARM: "nobody is in the arm {subject}: leave it out, or check which column names it",
    Code.NO_HOLDOUT: (
        "nobody was held out ({subject} has no rows): without a control group there is no effect"
        " to learn, so choose the column and value that mark it"
    ),
    Code.ONE_CLASS: (
        "everybody has the same outcome ({detail}), so nothing tells one customer from another:"
        " choose another outcome or wait for the end of the window"
    ),
    Code.FEW_BUYERS: (
        "{subject} has {detail}, and at least 30 in each arm are needed before a list can be"
        " valued: wait for more, or take a more frequent outcome such as visits"
    ),
    Code.SHARES_OFF: (
        "the arms do not have the shares that were planned ({detail}): somebody was lost or added"
        " after the draw, so values and lists would be wrong; find out whom before going on"
    ),
    Code.NO_FEATURE: (
        "no feature is left to tell customers apart: choose columns that were known before the"
        " draw and that differ"
    ),
    Code.MISSING_SCORES: "{detail} scores are missing or infinite: every customer needs a number",
    Code.CONSTANT: "{subject} is the same for everybody and is left out",
    Code.TOO_MANY_CATEGORIES: (
        "{subject} has {detail}; the 200 most frequent are kept and the rest are taken together"
    ),
    Code.ALMOST_NUMBERS: (
        "{subject} is taken as words, though nearly all of it are numbers ({detail}): empty those"
        " cells in the file, and it is a number"
    ),
    Code.NAMES_CUSTOMERS: (
        "{subject} has {detail}, almost one for each customer, so nothing can be learnt from it;"
        " it is left out"
    ),
    Code.LEAKS_OUTCOME: (
        "{subject} tells the outcome almost perfectly ({detail}), so it was most likely recorded"
        " after the campaign; it is left out"
    ),
    Code.MAY_LEAK_OUTCOME: (
        "{subject} may have been recorded after the campaign ({detail}): make sure that it was"
        " known before the draw, or leave it out"
    ),
    Code.LEAKS_ARM: (
        "{subject} differs between the arms far beyond chance ({detail}), so it was recorded after"
        " the draw or decided it; it is left out"
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong. subject: the feature or arm; detail: the figures behind it."""

    code: Code
    subject: str = ""
    detail: str = ""

    @property
    def fatal(self) -> bool:
        """Whether nothing can be answered because of it."""
        return self.code in FATAL

    @property
    def words(self) -> str:
        """The finding as an English sentence."""
        subject = f"“{self.subject}”" if self.subject else ""
        return WORDS[self.code].format(subject=subject, detail=self.detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A campaign without the features that must not be learnt from, and all that was found."""

    data: Randomised
    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that leave an answer."""
        return tuple(finding for finding in self.findings if not finding.fatal)


def buyers(data: Randomised) -> BoolArray:
    """(rows,): who bought; where that is not said, who brought anything before contact costs.

    >>> from regulars_experiments.uplift.randomised import Features
    >>> none = Features(names=(), values=np.zeros((2, 0)), categories=())
    >>> both = Randomised(features=none, outcome=np.array([0.0, 12.5]), arm=np.array([0, 1]),
    ...                   probabilities=np.array([0.5, 0.5]), arm_names=("held out", "mail"))
    >>> buyers(both).tolist()
    [False, True]
    """
    return data.buyers


def check(data: Randomised) -> Checked:
    """All findings, features included, and the campaign without constant and leaking features.

    Raises nothing: `require_fit` on the answer's findings does.
    """
    found = list(check_arms(data))
    if any(finding.code in (Code.NOBODY, Code.NO_HOLDOUT, Code.EMPTY_ARM) for finding in found):
        return Checked(data=data, findings=tuple(found))
    found += check_features(data)
    out = {finding.subject for finding in found if finding.code in LEFT_OUT}
    features = data.features.without(out)
    if not features.names:
        found.append(Finding(code=Code.NO_FEATURE))
    return Checked(data=replace(data, features=features), findings=tuple(found))


def require_fit(findings: Sequence[Finding]) -> None:
    """Raises UnfitDataError with the sentences of the fatal findings, if there are any."""
    fatal = [finding for finding in findings if finding.fatal]
    if fatal:
        raise UnfitDataError(fatal)


def check_arms(data: Randomised) -> tuple[Finding, ...]:
    """What of arms and outcome makes learning impossible; every finding is fatal."""
    if not len(data.outcome):
        return (Finding(code=Code.NOBODY),)
    counts = np.bincount(data.arm, minlength=len(data.arm_names))
    stands = np.bincount(data.arm, weights=data.weights, minlength=len(data.arm_names))
    empty = [
        Finding(code=Code.EMPTY_ARM if arm else Code.NO_HOLDOUT, subject=name)
        for arm, name in enumerate(data.arm_names)
        if not stands[arm]
    ]
    if empty:
        return tuple(empty)
    return (*_outcome_findings(data), *_share_findings(data, counts))


def _outcome_findings(data: Randomised) -> list[Finding]:
    bought = buyers(data)
    values = data.gross
    if not bought.any() or (values == values[0]).all():
        said = "nobody bought" if not bought.any() else f"{values[0]:g}"
        return [Finding(code=Code.ONE_CLASS, detail=said)]
    found = []
    binary = bool(((values == 0) | (values == 1)).all())
    for arm, name in enumerate(data.arm_names):
        own = bought[data.arm == arm]
        count, kind = int(own.sum()), "buyers (rows with an outcome)"
        if binary and len(own) - count < count:
            count, kind = len(own) - count, "without the outcome"
        if count < LEAST_BUYERS:
            found.append(Finding(code=Code.FEW_BUYERS, subject=name, detail=f"{count} {kind}"))
    return found


def _share_findings(data: Randomised, counts: IntArray) -> list[Finding]:
    """Whether the arms have their shares, of the customers whom the rows stand for.

    Rows with weights count as their effective number (Kish 1965, sec. 11.2C: (sum w)^2 / sum w^2
    in each arm), expected in proportion to share over design effect; of 1 it is Pearson's test.
    """
    shares, stands = data.probabilities, counts.astype(np.float64)
    effect = np.ones(len(counts))
    if data.weights is not None:
        stands, squares = (
            np.bincount(data.arm, weights=values, minlength=len(counts)).astype(np.float64)
            for values in (data.weights, data.weights**2)
        )
        effect = squares / stands
    effective = np.rint(stands / effect).astype(np.int64)
    ratio = sample_ratio(effective.tolist(), (shares / effect).tolist())
    if not ratio.flagged:
        return []
    said = ", ".join(
        f"{name}: {count:,.0f} of {expected:,.0f} expected"
        for name, count, expected in zip(data.arm_names, stands, stands.sum() * shares, strict=True)
    )
    return [Finding(code=Code.SHARES_OFF, detail=f"{said}; p = {ratio.p_value:.1g}")]


def check_features(data: Randomised) -> tuple[Finding, ...]:
    """Features that never vary, that tell the outcome, or that tell the arm, by name."""
    bought = buyers(data)
    found: list[Finding] = []
    for place, name in enumerate(data.features.names):
        values = data.features.values[:, place]
        categorical = data.features.categories[place] is not None
        # missing against there is variation too
        if len(values) and (np.isnan(values).all() or (values == values[0]).all()):
            found.append(Finding(code=Code.CONSTANT, subject=name))
            continue
        groups = _groups(values, categorical=categorical)
        p_value = _independence(groups, data.arm, data.weights)
        if p_value < _LEAK_LEVEL / len(data.features.names):
            detail = f"p = {p_value:.1g}"
            found.append(Finding(code=Code.LEAKS_ARM, subject=name, detail=detail))
            continue
        if said := _tells_outcome(values, groups, data.outcome, bought, categorical=categorical):
            found.append(Finding(code=Code.LEAKS_OUTCOME, subject=name, detail=said))
        elif said := _pure(values, bought):
            found.append(Finding(code=Code.MAY_LEAK_OUTCOME, subject=name, detail=said))
    return tuple(found)


def check_scores(scores: FloatArray) -> tuple[Finding, ...]:
    """Scores that cannot be ranked. scores: any shape.

    >>> [finding.words for finding in check_scores(np.array([0.5, np.nan]))]
    ['1 scores are missing or infinite: every customer needs a number']
    """
    bad = int((~np.isfinite(scores)).sum())
    return (Finding(code=Code.MISSING_SCORES, detail=f"{bad:,}"),) if bad else ()


def _groups(values: FloatArray, *, categorical: bool) -> IntArray:
    """(rows,): the level, or the bin of about a twentieth of the customers; 0 where missing."""
    missing = np.isnan(values)
    if categorical:
        return np.where(missing, 0, np.nan_to_num(values) + 1).astype(np.int64)
    edges = np.unique(np.quantile(values[~missing], np.arange(1, _BINS) / _BINS))
    # a value with a twentieth of all customers is a bin of its own
    return np.where(missing, 0, 1 + _twice(edges, values)).astype(np.int64)


def _twice(edges: FloatArray, values: FloatArray) -> IntArray:
    return np.searchsorted(edges, values, "left") + np.searchsorted(edges, values, "right")


def _independence(groups: IntArray, arm: IntArray, weights: FloatArray | None = None) -> float:
    """Chi-square that the arms fill the groups alike; groups too small for it are put together.

    A cell of weighted rows counts as the effective number that they are (Kish 1965, sec. 11.2C).
    """
    arms, levels = int(arm.max()) + 1, int(groups.max()) + 1

    def table(values: FloatArray | None) -> FloatArray:
        cells = np.bincount(groups * arms + arm, weights=values, minlength=levels * arms)
        return cells.reshape(-1, arms).astype(np.float64)

    stands = table(weights)
    squares = stands if weights is None else table(weights**2)
    there = stands.sum(axis=1) > 0
    stands, squares = stands[there], squares[there]
    _, expected = _alike(stands, squares)
    few = expected.min(axis=1) < _LEAST_EXPECTED
    stands, squares = (
        np.vstack([part[~few], part[few].sum(axis=0, keepdims=True)]) for part in (stands, squares)
    )
    there = stands.sum(axis=1) > 0
    if there.sum() < 2:
        return 1.0
    counts, expected = _alike(stands[there], squares[there])
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return float(special.chdtrc((len(counts) - 1) * (arms - 1), statistic))


def _alike(stands: FloatArray, squares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(groups, arms) effective counts, and those expected where every arm fills a group alike.

    stands, squares: sums of the weights and of their squares.
    """
    whole = stands.sum(axis=0)
    usual = np.broadcast_to(squares.sum(axis=0) / whole, stands.shape)
    effect = np.where(stands > 0, squares / np.where(stands > 0, stands, 1.0), usual)
    counts, size = stands / effect, whole / effect
    share = counts.sum(axis=1, keepdims=True) / size.sum(axis=1, keepdims=True)
    return counts, share * size


def _tells_outcome(
    values: FloatArray,
    groups: IntArray,
    outcome: FloatArray,
    bought: BoolArray,
    *,
    categorical: bool,
) -> str:
    """How a feature tells the outcome near-perfectly, or nothing."""
    if categorical:
        # each level stands for its share of buyers
        size = np.bincount(groups)
        share = np.bincount(groups, weights=bought) / np.maximum(size, 1)
        if (size[size > 0] * 20 < len(groups)).all():
            return ""  # many small levels fit any outcome a little
        area = _area(share[groups], bought)
        return f"AUC {area:.3f}" if area > _PERFECT else ""
    there = ~np.isnan(values)
    area = _area(np.where(there, values, -np.inf), bought)
    if max(area, 1 - area) > _PERFECT:
        return f"AUC {max(area, 1 - area):.3f}"
    if values[there].std() > 0 and outcome[there].std() > 0:
        related = abs(float(np.corrcoef(values[there], outcome[there])[0, 1]))
        if related > _PERFECT:
            return f"correlation {related:.3f}"
    return ""


def _area(values: FloatArray, bought: BoolArray) -> float:
    """Area under the ROC curve: Mann and Whitney's U over both counts, ties half (1947)."""
    positive = int(bought.sum())
    if not positive or positive == len(bought):
        return 0.5
    order = np.argsort(values)
    ordered = values[order]
    starts = np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])
    own = np.add.reduceat(bought[order].astype(np.int64), starts)
    others = np.diff(np.append(starts, len(values))) - own
    below = np.cumsum(others) - others
    return float((own * (below + others / 2)).sum()) / (positive * (len(bought) - positive))


def _pure(values: FloatArray, bought: BoolArray) -> str:
    """Whether everyone away from the usual value bought, or nobody at it, where many should."""
    missing = np.isnan(values)
    usual = np.nanmedian(values)  # whatever more than half of them have
    unusual = ~missing & (values != usual)
    rate = float(bought.mean())
    for said, group in (("another value than the usual", unusual), ("a value at all", ~missing)):
        size = int(group.sum())
        if not 0 < size < len(values) / 2:
            continue
        if bought[group].all() and size * (1 - rate) > _EXPECTED_IN_EMPTY:
            return f"all {size:,} customers with {said} have the outcome"
        outside = len(values) - size
        if outside * rate > _EXPECTED_IN_EMPTY and not bought[~group].any():
            return f"none of the {outside:,} customers without {said} has the outcome"
    return ""
