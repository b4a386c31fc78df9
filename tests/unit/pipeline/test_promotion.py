"""The condition of a promotion."""

from __future__ import annotations

import pytest

from dagbook.pipeline.expressions import ExpressionError
from dagbook.pipeline.promotion import judge

METRICS = {"accuracy": 0.9, "val/loss": 0.3}


@pytest.mark.parametrize(
    ("condition", "current", "holds"),
    [
        ("accuracy > 0.8", None, True),
        ("accuracy > 0.95", None, False),
        ("metrics['val/loss'] < 0.5", None, True),
        ("accuracy >= current.accuracy", {"accuracy": 0.85}, True),
        ("accuracy >= current.accuracy", {"accuracy": 0.91}, False),
        ("accuracy >= current.accuracy", None, True),
        ("accuracy > 0.95 and accuracy >= current.accuracy", None, False),
        ("not accuracy < current.accuracy", None, True),
        ("not accuracy < current.accuracy - 0.01", {"accuracy": 0.905}, True),
    ],
)
def test_a_condition_holds_or_not(condition: str, current: dict[str, float] | None, holds: bool):
    assert judge(condition, METRICS, current).holds is holds


def test_the_values_that_it_was_about_are_told():
    verdict = judge("accuracy >= current.accuracy", METRICS, {"accuracy": 0.85})
    assert verdict.values == {"accuracy": 0.9, "current.accuracy": 0.85}
    assert str(verdict) == "accuracy = 0.9, current.accuracy = 0.85"
    assert judge("accuracy >= current.accuracy", METRICS, None).without_current


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("acuracy > 0.8", "no metric 'acuracy'"),
        ("accuracy > current.auc", "the present version has no metric 'auc'"),
        ("metrics['loss'] < 1", "no metric 'loss'"),
        ("accuracy", "not true or false"),
        ("accuracy >", "no expression"),
        ("__import__('os')", "there is no function"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(condition: str, says: str):
    with pytest.raises(ExpressionError, match=says.replace("[", ".")):
        judge(condition, METRICS, {"accuracy": 0.8})
