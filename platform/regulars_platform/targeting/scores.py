"""The scores of a campaign's customers, in a file that is written once and checked when read."""

import hashlib
import io
from pathlib import Path

import numpy as np
import polars as pl

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.evaluation import UpliftReport
from regulars_experiments.uplift.randomised import FoldScores
from regulars_platform.storage.placing import place
from regulars_platform.targeting.data import CampaignData
from regulars_platform.targeting.errors import NoTargetingError


def score_name(arm: int) -> str:
    """The column with the gain expected from telling a customer by arm 1 to A."""
    return f"score_{arm}"


def expected_name(arm: int) -> str:
    """The column with the outcome expected under arm 0 (held out) to A."""
    return f"expected_{arm}"


def scored_by(report: UpliftReport) -> FoldScores:
    """Whose scores are kept: the learner chosen, else the one that ranks best."""
    by_name = {one.name: one for one in report.fitted.scores}
    ranked = [one.name for one in report.rankings if one.name in by_name]
    return by_name.get(report.chosen.name, by_name[ranked[0]])


def scores_frame(found: CampaignData, report: UpliftReport) -> pl.DataFrame:
    """One row per unit: unit_id, customer_id, segment, arm, action, fold, score_<a>, expected_<a>.

    action: of the plan to follow, 0 leave alone, else the arm's number. Currency units per unit.
    """
    effects: FloatArray = scored_by(report).out_of_fold
    expected: FloatArray = report.fitted.expected
    return found.units.select("unit_id", "customer_id", "segment", "arm").with_columns(
        pl.Series("action", report.chosen.actions.astype(np.int64)),
        pl.Series("fold", report.fitted.folds.astype(np.int64)),
        *(pl.Series(score_name(a + 1), effects[:, a]) for a in range(effects.shape[1])),
        *(pl.Series(expected_name(a), expected[:, a]) for a in range(expected.shape[1])),
    )


def write_scores(shop_dir: Path, frame: pl.DataFrame) -> tuple[str, str]:
    """Write where it is found by its content; returns file name and SHA-256."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    place(_folder(shop_dir) / f"{digest}.parquet", content, mode=0o400)
    return f"{digest}.parquet", digest


def read_scores(shop_dir: Path, name: str, sha256: str) -> pl.DataFrame:
    """Stored scores; NoTargetingError if they are not as they were written."""
    try:
        content = (_folder(shop_dir) / Path(name).name).read_bytes()
    except FileNotFoundError:
        raise NoTargetingError.changed(name) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NoTargetingError.changed(name)
    return pl.read_parquet(io.BytesIO(content))


def _folder(shop_dir: Path) -> Path:
    return shop_dir / "scores"
