"""The examples in the docstrings of the statistics core run, and every public function has one."""

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import regulars_experiments

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(regulars_experiments.__path__, "regulars_experiments.")
    if not module.ispkg
)
ESTIMATORS = (
    "adjustment",
    "bgnbd",
    "checks",
    "clustered_means",
    "design",
    "effects",
    "gamma_gamma",
    "lifetime",
    "lifts",
    "maximum_likelihood",
    "medians",
    "memory",
    "multiplicity",
    "padding",
    "pooling",
    "price_points",
    "purchase_histories",
    "ratios",
    "segments",
    "sequential",
    "simultaneous",
    "smooth_effects",
    "verdicts",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_come_out_as_written(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_public_function_of_an_estimator_shows_an_example(name: str) -> None:
    module = importlib.import_module(f"regulars_experiments.{name}")
    tree = ast.parse(Path(inspect.getfile(module)).read_text(encoding="utf-8"))
    without = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and ">>>" not in (ast.get_docstring(node) or "")
    ]
    assert without == []
