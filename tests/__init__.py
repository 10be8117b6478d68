"""Tests, and what they share."""

import os

# A team of OpenMP threads waits for its slowest member: beside other test processes a small fit
# takes ten times as long. Before any library is loaded; what depends on threads says how many.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A clone's code is compiled by the first of its processes, and not by each of them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
