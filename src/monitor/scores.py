"""What a change of score means: its interval, and when it is an alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from src.modelling.metrics import Metric
from src.pages.text import number


@dataclass(frozen=True)
class ScoreChange:
    """How a score on a batch differs from the one on the test set.

    Attributes
    ----------
    published, now
        The score on the test set, and on the batch.
    low, high
        Limits of the change for the better, each with the confidence of the alarm.
    """

    metric: Metric
    published: float
    now: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """The change for the better; negative where the score got worse."""
        return self.metric.sign * (self.now - self.published)

    @property
    def is_defined(self) -> bool:
        """Whether the rows leave both scores and the limits defined."""
        return bool(np.isfinite([self.gain, self.low, self.high]).all())

    def is_alarm(self, margin: float) -> bool:
        """Tell of a loss that is beyond chance, and whose best estimate is beyond the margin.

        That the whole interval is beyond the margin, the gate's question, would need four times the
        rows to show a loss of twice the margin.
        """
        return self.is_defined and self.high < 0 and self.gain < -margin

    def verdict(self, margin: float) -> str:
        """Answer what the gate asks: whether a loss beyond the margin is excluded, or shown."""
        if not self.is_defined:
            return f"{self.metric.label} is not defined on the labelled rows."
        if self.low > -margin:
            return "A loss beyond the margin is excluded."
        if self.high < -margin:
            return "The whole interval is beyond the margin."
        return (
            "Whether the loss is beyond the margin cannot be told: with this test set and these "
            f"rows, one of {number(self.high - self.gain, 2)} would be beyond chance."
        )
