from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):  # small matrices: threads cost more than they bring, most of all under xdist
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

from hypothesis import settings  # noqa: E402 - after the threads are set, should it ever import numpy

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")
