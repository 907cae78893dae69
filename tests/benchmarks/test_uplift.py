"""The uplift benchmark compares like with like, and its aims can be missed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.uplift import campaign
from benchmarks.uplift.contenders import regulars
from benchmarks.uplift.results import Scored, lines, missed, table
from benchmarks.uplift.task import Array, Task
from benchmarks.uplift.worker import fold, score

ROWS = 3_000


@pytest.fixture(scope="module")
def task() -> Task:
    rng = np.random.default_rng(1)
    loyal, arm = rng.integers(0, 2, ROWS).astype(float), rng.integers(0, 2, ROWS)
    columns = np.column_stack([loyal, rng.normal(size=ROWS)])
    return Task(
        linear=columns,
        boosted=columns,
        categorical=np.array([True, False]),
        outcome=(rng.random(ROWS) < 0.3 + 0.3 * arm * loyal).astype(float),
        arm=arm,
        folds=np.arange(ROWS) % 5,
    )


def scored(library: str, learner: str, scores: Array, seconds: float = 1.0) -> Scored:
    return Scored(library=library, learner=learner, base="linear", seconds=seconds, scores=scores)


def test_a_task_survives_the_way_to_another_process(task: Task, tmp_path: Path) -> None:
    task.save(tmp_path / "task.npz")
    found = Task.load(tmp_path / "task.npz")
    assert np.array_equal(found.outcome, task.outcome)
    assert np.array_equal(found.categorical, task.categorical)
    assert found.binary


def test_nobody_is_scored_by_a_model_that_saw_them(task: Task) -> None:
    numbered = replace(task, linear=np.arange(ROWS, dtype=float)[:, None])
    for place in range(5):
        one = fold(numbered, "linear", place)
        assert not set(one.matrix[:, 0]) & set(one.others[:, 0])
        assert len(one.matrix) + len(one.others) == ROWS


def test_our_learners_take_part_with_both_bases_and_find_who_is_moved(task: Task) -> None:
    entries = [entry for entry in regulars.ENTRIES if entry.learner == "T"]
    assert {entry.base for entry in entries} == {"linear", "boosted"}
    for entry in entries:
        scores, seconds = score(entry, task)
        assert scores[task.linear[:, 0] == 1].mean() > scores[task.linear[:, 0] == 0].mean() + 0.2
        assert seconds > 0


def test_each_of_ours_stands_beside_the_best_peer_of_its_kind(task: Task) -> None:
    right, wrong = task.linear[:, 0] + task.linear[:, 1] / 100, task.linear[:, 1]
    found = lines(
        task,
        [
            scored("Regulars", "T", right, seconds=0.5),
            scored("one", "T", wrong),
            scored("another", "T", right),
            scored("another", "X", right),
            scored("another", "forest", right, seconds=10.0),
        ],
        task.linear[:, 0],
    )
    ours = next(line for line in found if line.scored.library == "Regulars")
    assert (ours.peer, ours.forest) == ("another", 0.05)
    assert ours.less == pytest.approx(0)
    assert ours.within
    assert missed(found) == []
    assert found[0].area >= found[-1].area
    assert any("one-column rule" in row for row in table(found, "visits"))


def test_a_learner_that_ranks_worse_or_takes_longer_is_named(task: Task) -> None:
    found = lines(
        task,
        [
            scored("Regulars", "T", -task.linear[:, 0], seconds=2.0),
            scored("another", "T", task.linear[:, 0]),
            scored("another", "forest", task.linear[:, 0], seconds=10.0),
        ],
        task.linear[:, 0],
    )
    assert missed(found) == [
        "T (linear): Qini below another by more than its sampling error",
        "T (linear): 0.20 of the CPU time of the cheapest forest",
    ]


def test_a_missing_file_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Hillstrom's e-mail campaign"):
        campaign.load(tmp_path, campaign.QUESTIONS[0])
