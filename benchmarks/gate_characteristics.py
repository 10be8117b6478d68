"""How often the gate's comparison is wrong, and how often it catches a worse model, by simulation.

Usage: python -m benchmarks.gate_characteristics [--pairs N]

Each pair of models predicts a test set of its own, drawn from a population in which the true
difference of their scores is known: none, or a loss of 1, 2 or 4 times the margin. The verdict is
that of ``src.gate.no_regression``.

The positive class is 40 % of the rows. A model's score is a common part that knows the truth and
noise of its own, so that two models agree on most rows as successive versions of one model do. The
worse model has more noise, as much as loses the multiple of the margin; the amount is found on
500,000 rows.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
import numpy.typing as npt

from src.gate.no_regression import compare
from src.gate.settings import NoRegression
from src.modelling.metrics import metrics_of
from src.modelling.predictions import Predictions

MARGIN = {"accuracy": 0.02, "roc_auc": 0.01}
ROWS = (200, 2_000, 20_000)
TIMES = (0, 1, 2, 4)
OWN_NOISE = 0.3
REPLICATES = {200: 400, 2_000: 200, 20_000: 100}
CALIBRATION_ROWS = 500_000


def draw(rows: int, noise: float, generator: np.random.Generator) -> tuple[Predictions, ...]:
    """Draw a test set and a baseline's and a candidate's predictions of it."""
    truth = (generator.random(rows) < 0.4).astype(np.intp)
    common = 2.4 * truth - 1.2 + generator.normal(size=rows)
    return tuple(
        predictions(truth, common + own * generator.normal(size=rows)) for own in (OWN_NOISE, noise)
    )


def predictions(truth: npt.NDArray[np.intp], score: npt.NDArray[np.float64]) -> Predictions:
    """Make predictions of two classes from a score."""
    positive = 1 / (1 + np.exp(-2 * score))
    return Predictions("binary", ("no", "yes"), truth, np.column_stack([1 - positive, positive]))


@cache
def noise_for(metric: str, times: int) -> float:
    """Find, by bisection, the noise that loses ``times`` margins of the metric."""
    if times == 0:
        return OWN_NOISE
    low, high = OWN_NOISE, 8.0
    for _ in range(14):
        middle = (low + high) / 2
        baseline, candidate = draw(CALIBRATION_ROWS, middle, np.random.default_rng(1))
        loss = fast(baseline, metric) - fast(candidate, metric)
        low, high = (middle, high) if loss < times * MARGIN[metric] else (low, middle)
    return (low + high) / 2


def fast(predicted: Predictions, metric: str) -> float:
    """Score one metric; the area under the ROC curve by ranks (there are no ties)."""
    if metric != "roc_auc":
        return float((predicted.predicted == predicted.truth).mean())
    ranks = np.empty(len(predicted))
    ranks[np.argsort(predicted.positive)] = np.arange(1, len(predicted) + 1)
    positive = int(predicted.truth.sum())
    above = ranks[predicted.truth == 1].sum() - positive * (positive + 1) / 2
    return float(above / positive / (len(predicted) - positive))


def verdicts(seeds: range, metric: str, rows: int, noise: float) -> Counter[str]:
    """Judge a pair of models a seed."""
    found: Counter[str] = Counter()
    for seed in seeds:
        baseline, candidate = draw(rows, noise, np.random.default_rng([rows, seed]))
        settings = NoRegression(
            metric=metric, margin=MARGIN[metric], confidence=0.95,
            replicates=REPLICATES[rows], seed=seed,
        )  # fmt: skip
        comparison = compare(candidate, baseline, metrics_of("binary")[metric], settings)
        found[comparison.outcome(settings)] += 1
        found["alarm"] += comparison.high < 0
    return found


def main() -> None:
    """Print a table of the verdicts' shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=1000)
    pairs: int = parser.parse_args().pairs
    cores = os.cpu_count() or 1
    print("metric    margin    rows  true loss  passed  inconclusive  failed  significant loss")
    with ProcessPoolExecutor(cores) as pool:
        for metric, margin in MARGIN.items():
            noises = {times: noise_for(metric, times) for times in TIMES}
            for rows in ROWS:
                for times, noise in noises.items():
                    judge = partial(verdicts, metric=metric, rows=rows, noise=noise)
                    parts = [range(start, pairs, cores) for start in range(cores)]
                    total = sum(pool.map(judge, parts), Counter())
                    shares = [
                        f"{100 * total[name] / pairs:.1f} %"
                        for name in ("passed", "inconclusive", "failed", "alarm")
                    ]
                    print(
                        f"{metric:8}  {margin:6}  {rows:6,}  {times} x margin  "
                        f"{shares[0]:>6}  {shares[1]:>12}  {shares[2]:>6}  {shares[3]:>7}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
