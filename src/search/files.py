"""The files that a search leaves in its folder."""

BEST, SUMMARY, TRIALS, IMPORTANCE = "best.json", "summary.json", "trials.csv", "importance.csv"

OFF = {
    BEST: "{}\n",
    SUMMARY: "{}\n",
    TRIALS: "trial,score,std,best,estimator\n",
    IMPORTANCE: "parameter,importance\n",
}
"""What stands in them where nothing is searched."""
