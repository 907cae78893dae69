"""Hillstrom's e-mail campaign (MineThatData, 2008) as tasks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.uplift.task import Array, Task

from regulars_experiments.uplift.bases import prepare
from regulars_experiments.uplift.features import learn_encoding
from regulars_experiments.uplift.training import stratified_folds

FILE = "hillstrom.csv"
COLUMNS = (
    *("recency", "history", "history_segment", "mens"),
    *("womens", "newbie", "zip_code", "channel"),
)
FOLDS, SEED = 5, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which e-mail against none, and what was to come of it. unit: of 1,000 times its mean."""

    mail: str
    outcome: str
    unit: str

    @property
    def title(self) -> str:
        """A heading."""
        return f"{self.mail} against none, {self.outcome}"


QUESTIONS = tuple(
    Question(mail=mail, outcome=outcome, unit=unit)
    for mail in ("Womens E-Mail", "Mens E-Mail")
    for outcome, unit in (("visit", "visits"), ("spend", "dollars"))
)


def load(folder: Path, question: Question) -> tuple[Task, Array]:
    """The task, and the one-column rule "bought women's goods last year" as a score.

    Raises FileNotFoundError with where the file comes from.
    """
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there. It is Kevin Hillstrom's e-mail campaign of 64,000 customers"
            " (MineThatData E-Mail Analytics And Data Mining Challenge, 2008): put it there as"
            " hillstrom.csv, or say where it is with DATA=folder."
        )
    frame = pl.read_csv(path, infer_schema_length=None)
    frame = frame.filter(pl.col("segment").is_in([question.mail, "No E-Mail"]))
    features = learn_encoding(frame, COLUMNS)[0].apply(frame)
    arm = (frame["segment"] == question.mail).cast(pl.Int64).to_numpy()
    outcome = frame[question.outcome].cast(pl.Float64).to_numpy()
    task = Task(
        linear=prepare("linear", features).matrix(features),
        boosted=features.values,
        categorical=np.array([words is not None for words in features.categories]),
        outcome=outcome,
        arm=arm,
        folds=stratified_folds(arm, folds=FOLDS, seed=SEED),
    )
    return task, frame["womens"].cast(pl.Float64).to_numpy()
