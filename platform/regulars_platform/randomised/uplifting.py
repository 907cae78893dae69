"""One randomised file from its columns to whom to keep telling: what `regulars uplift` answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Limits
from regulars_experiments.uplift.checks import (
    Code,
    Finding,
    UnfitDataError,
    UpliftError,
    check_features,
)
from regulars_experiments.uplift.cross_fitting import Progress
from regulars_experiments.uplift.evaluation import Asked, UpliftReport, evaluate_uplift
from regulars_experiments.uplift.features import learn_encoding
from regulars_experiments.uplift.learners import DEFAULT_LEARNERS
from regulars_experiments.uplift.lineup import OwnSegments
from regulars_experiments.uplift.randomised import IntArray, Randomised
from regulars_platform.errors import RegularsError
from regulars_platform.randomised.feature_columns import typed_features
from regulars_platform.randomised.findings import all_of, finding_sentence
from regulars_platform.randomised.reading import (
    UnreadableFileError,
    column_types,
    scan_columns,
)
from regulars_platform.randomised.uplift_document import uplift_document
from regulars_platform.words import N_, Sentence

MOST_SEGMENTS = 500
MOST = 1e15
"""Of an outcome or a weight; sums of squares of larger numbers lose the small ones."""
_OF_YES_AND_NO = ("class transformation",)
_STORED = (pl.Date, pl.Datetime, pl.Duration, pl.Boolean)
_ROW = "\x00row"


class UnfitFileError(RegularsError):
    """The file can be read, but no list and no value can be made of it."""

    @classmethod
    def because(cls, error: UpliftError) -> "UnfitFileError":
        """The core's findings, or its sentence."""
        if isinstance(error, UnfitDataError):
            return cls.saying(
                all_of([finding_sentence(f.code, f.subject, f.detail) for f in error.findings])
            )
        return cls.saying(str(error).removesuffix("."))

    @classmethod
    def saying(cls, why: Sentence | str) -> "UnfitFileError":
        """why: without a full stop."""
        return cls(Sentence(N_("No list can be made: %(why)s."), {"why": why}))


@dataclass(frozen=True, kw_only=True, slots=True)
class UpliftQuestion:
    """What is asked of a file.

    treated: the arms' values, in order. features: None takes every other column. margin: what one
    unit of the outcome earns. contact_costs: per arm, of telling one customer, in money. shares:
    planned, per arm, of any total. budget_share, budget_cost: limits of the next round.
    learners: None takes the usual ones.
    """

    arm: str
    treated: tuple[str, ...]
    control: str
    outcome: str
    features: tuple[str, ...] | None = None
    margin: Fraction | None = None
    contact_costs: Mapping[str, Fraction] | None = None
    shares: Mapping[str, float] | None = None
    weight: str | None = None
    segment: str | None = None
    customer_id: str | None = None
    budget_share: float | None = None
    budget_cost: float | None = None
    learners: tuple[tuple[str, str], ...] | None = None
    seed: int = 0
    confidence: float = 0.95
    threads: int = 1

    @property
    def arms(self) -> tuple[str, ...]:
        """The control first."""
        return (self.control, *self.treated)

    @property
    def unit(self) -> str:
        """Of account, in words."""
        if self.margin is None and not any((self.contact_costs or {}).values()):
            return self.outcome
        return f"net value of {self.outcome}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileUplift:
    """The answer, and the rows that it is about, in the file's order.

    rows_of_other_arms: left out. missing: rows without an outcome, counted as 0.
    """

    question: UpliftQuestion
    asked: Asked
    report: UpliftReport
    row_numbers: pl.Series
    customer_ids: pl.Series | None
    left_out: tuple[Finding, ...]
    rows_of_other_arms: int
    missing: int

    def document(self, *, source: str) -> dict[str, Any]:
        """As in docs/uplift-json.md."""
        document = uplift_document(
            self.report,
            self.asked,
            source=source,
            unit=self.question.unit,
            chances_from="plan" if self.question.shares else "rows",
        )
        document["warnings"] = [
            *(
                {"code": found.code.value, "subject": found.subject, "words": found.words}
                for found in self.left_out
            ),
            *document["warnings"],
        ]
        document["rows_of_other_arms"] = self.rows_of_other_arms
        document["rows_without_outcome"] = self.missing
        return document

    def scores(self) -> pl.DataFrame:
        """Per customer: row (from 1), id where there is one, arm, predicted effect of each arm by
        the best learner, and what the chosen plan does with them ("" leaves them alone).
        """
        data, fitted = self.report.data, self.report.fitted
        best = _best_learner(self.report)
        effects = next(one for one in fitted.scores if one.name == best).out_of_fold
        names = np.array(["", *data.arm_names[1:]], dtype=object)
        columns: dict[str, pl.Series] = {}
        columns["row"] = self.row_numbers
        if self.customer_ids is not None:
            columns[self.customer_ids.name] = self.customer_ids
        columns["arm"] = pl.Series([data.arm_names[arm] for arm in data.arm.tolist()])
        for place, name in enumerate(data.arm_names[1:]):
            columns[f"effect:{name}"] = pl.Series(effects[:, place])
        columns["fold"] = pl.Series(fitted.folds)
        columns["action"] = pl.Series(names[self.report.chosen.actions].tolist())
        return pl.DataFrame(columns)


def _best_learner(report: UpliftReport) -> str:
    """The one chosen, or else the one that ranks best."""
    known = [one.name for one in report.fitted.scores]
    if report.chosen.name in known:
        return report.chosen.name
    return next(one.name for one in report.rankings if one.name in known)


def evaluate_uplift_file(
    path: Path, question: UpliftQuestion, *, progress: Progress | None = None
) -> FileUplift:
    """Read, check, fit, choose. Raises UnreadableFileError, UnfitFileError, both in sentences."""
    frame, features, others = _read(path, question)
    try:
        data, left_out, missing = _randomised(frame, features, question)
        asked = Asked(
            seed=question.seed,
            confidence=question.confidence,
            limits=_limits(question),
            threads=question.threads,
            learners=question.learners or DEFAULT_LEARNERS,
        )
        report = evaluate_uplift(
            data, asked, segments=_segments(frame, question), progress=progress
        )
    except UpliftError as error:
        raise UnfitFileError.because(error) from error
    return FileUplift(
        question=question,
        asked=asked,
        report=report,
        row_numbers=frame.get_column(_ROW),
        customer_ids=None
        if question.customer_id is None
        else frame.get_column(question.customer_id),
        left_out=left_out,
        rows_of_other_arms=others,
        missing=missing,
    )


def _read(path: Path, question: UpliftQuestion) -> tuple[pl.DataFrame, list[str], int]:
    """The rows of the arms asked for, the features' names, and how many rows other arms have."""
    types = column_types(path)
    named = [
        name for name in (question.arm, question.segment, question.customer_id) if name is not None
    ]
    features = _feature_names(list(types), question)
    measured = [name for name in features if types.get(name, pl.String()).is_numeric()]
    numbers = [question.outcome, *measured]
    if question.weight is not None:
        numbers.append(question.weight)
    stored = [name for name in features if types.get(name, pl.String()).base_type() in _STORED]
    texts = [name for name in features if name not in measured and name not in stored]
    frame = scan_columns(
        path, text=list(dict.fromkeys([*named, *texts])), numbers=numbers, stored=stored
    )
    arms = pl.col(question.arm).cast(pl.String)
    counts = dict(frame.group_by(arms.alias("arm")).len().collect().iter_rows())
    spelt = {_as_in_file(name, list(counts), question.arm): name for name in question.arms}
    mine = (
        frame.with_row_index(_ROW, 1)
        .filter(arms.is_in(list(spelt)))
        .with_columns(arms.replace(spelt).alias(question.arm))
    )
    kept = mine.collect(engine="streaming").sort(_ROW)  # streaming does not keep the order
    return kept, features, sum(counts.values()) - kept.height


def _as_in_file(name: str, values: Sequence[str | None], column: str) -> str:
    """An arm's value as the file spells it: 1 is 1.0 where that is how the file has numbers.

    A value that nobody has is refused by name, not counted as an empty arm.
    """
    if name in values:
        return name
    number = _number_in(name)
    same = [value for value in values if value and _number_in(value) == number]
    if number is not None and len(same) == 1:
        return same[0]
    raise UnreadableFileError.because(
        N_("Column %(column)r has no value %(value)r. It has: %(values)s."),
        N_("Name the values of --treated and --control as they are in the file."),
        column=column,
        value=name,
        values=", ".join(str(value) for value in values[:20]),
    )


def _number_in(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _feature_names(columns: Sequence[str], question: UpliftQuestion) -> list[str]:
    taken = {question.arm, question.outcome, question.weight, question.customer_id}
    if question.features is not None:
        return list(dict.fromkeys(question.features))
    return [name for name in columns if name not in taken]


def _randomised(
    frame: pl.DataFrame, names: list[str], question: UpliftQuestion
) -> tuple[Randomised, tuple[Finding, ...], int]:
    """The campaign as arrays, what was left out of its features, and rows without an outcome."""
    arm = _arm_codes(frame, question)
    outcome = frame.get_column(question.outcome).cast(pl.Float64)
    missing = outcome.null_count()
    sold = outcome.fill_null(0.0).to_numpy().astype(np.float64)
    _require_measurable(question.outcome, sold)
    costs = _costs(question)
    _refuse_amounts(question, sold)
    gross = sold * (1.0 if question.margin is None else float(question.margin))
    known, almost = typed_features(frame.select(names))
    encoding, found = learn_encoding(known, names)
    features = encoding.apply(known)
    weights = _weights(frame, question)
    counts = np.bincount(arm, weights=weights, minlength=len(question.arms))
    chances = _chances(question, counts.astype(np.float64))
    data = Randomised(
        features=features,
        outcome=gross - costs[arm],
        arm=arm,
        probabilities=chances,
        arm_names=question.arms,
        weights=weights,
        bought=sold != 0,
        contact_costs=costs,
    )
    if question.features is None:
        data, found = _without_suspects(data, found)
    return data, (*almost, *found), missing


def _without_suspects(
    data: Randomised, found: tuple[Finding, ...]
) -> tuple[Randomised, tuple[Finding, ...]]:
    """Where nobody named the features, one that may be from after the campaign is left out."""
    suspects = [one for one in check_features(data) if one.code is Code.MAY_LEAK_OUTCOME]
    names = {one.subject for one in suspects}
    features = data.features.without(names)
    said = [
        replace(one, detail=f"{one.detail}; left out, as no features were named")
        for one in suspects
    ]
    return replace(data, features=features), (*found, *said)


def _arm_codes(frame: pl.DataFrame, question: UpliftQuestion) -> IntArray:
    places = {name: place for place, name in enumerate(question.arms)}
    text = frame.get_column(question.arm).cast(pl.String)
    return text.replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.int64)


def _costs(question: UpliftQuestion) -> FloatArray:
    given = question.contact_costs or {}
    return np.array([0.0, *(float(given.get(name, Fraction(0))) for name in question.treated)])


def _require_measurable(column: str, values: FloatArray) -> None:
    worst = values[int(np.argmax(np.abs(values)))]
    if not abs(worst) <= MOST:
        raise UnfitFileError.saying(
            Sentence(
                N_(
                    "column %(column)r holds %(worst)s, and numbers may have a size of up to"
                    " %(most)s: leave such cells empty, or count in a larger unit"
                ),
                {"column": column, "worst": f"{worst:g}", "most": f"{MOST:g}"},
            )
        )


def _refuse_amounts(question: UpliftQuestion, sold: FloatArray) -> None:
    """A learner of yes and no cannot learn money; the file's outcome would be what it takes."""
    asked = [name for name, _ in question.learners or () if name in _OF_YES_AND_NO]
    if asked and question.unit != question.outcome and ((sold == 0) | (sold == 1)).all():
        raise UnfitFileError.saying(
            Sentence(
                N_(
                    "the learner %(learner)r takes outcomes of 0 and 1, which %(outcome)r has, but"
                    " --margin or --contact-cost made it money: leave them out, or use S, T, X, DR"
                    " or 'transformed outcome'"
                ),
                {"learner": asked[0], "outcome": question.outcome},
            )
        )


def _chances(question: UpliftQuestion, counts: FloatArray) -> FloatArray:
    """counts: customers per arm whom the rows stand for."""
    if not (counts > 0).all():
        raise UnfitFileError.saying(
            Sentence(N_("every arm needs rows with a weight above 0, the control too"))
        )
    if question.shares is None:
        return np.asarray(counts / counts.sum(), dtype=np.float64)
    planned = np.array([question.shares.get(name, 0.0) for name in question.arms])
    if not (planned > 0).all():
        raise UnfitFileError.saying(
            Sentence(
                N_("planned shares need one above zero for every arm asked for, the control too")
            )
        )
    return np.asarray(planned / planned.sum(), dtype=np.float64)


def _weights(frame: pl.DataFrame, question: UpliftQuestion) -> FloatArray | None:
    if question.weight is None:
        return None
    weights = frame.get_column(question.weight).cast(pl.Float64)
    if weights.null_count() or (weights < 0).any():
        raise UnfitFileError.saying(
            Sentence(
                N_("the weights in %(column)r are numbers of 0 or more for every row"),
                {"column": question.weight},
            )
        )
    values = weights.to_numpy().astype(np.float64)
    _require_measurable(question.weight, values)
    if values.max() * MOST < 1:
        raise UnfitFileError.saying(
            Sentence(
                N_(
                    "the weights in %(column)r are all 0: a weight says how many customers a row"
                    " stands for"
                ),
                {"column": question.weight},
            )
        )
    return values


def _segments(frame: pl.DataFrame, question: UpliftQuestion) -> OwnSegments | None:
    if question.segment is None:
        return None
    words = frame.get_column(question.segment).cast(pl.String).fill_null("(no value)")
    names = sorted(words.unique().to_list())
    if len(names) > MOST_SEGMENTS:
        raise UnfitFileError.saying(
            Sentence(
                N_(
                    "%(column)r has %(values)s values, and a segment has to hold enough customers"
                    " to be valued: choose a column with at most %(most)s"
                ),
                {"column": question.segment, "values": f"{len(names):,}", "most": MOST_SEGMENTS},
            )
        )
    places = {name: place for place, name in enumerate(names)}
    codes = words.replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    return OwnSegments(codes=codes, names=tuple(names))


def _limits(question: UpliftQuestion) -> Limits:
    costs = _costs(question) if question.budget_cost is not None else None
    return Limits(share=question.budget_share, cost=question.budget_cost, costs=costs)
