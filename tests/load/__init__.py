"""Load, faults and memory: what the service does when more is asked than it can do, or by clients that misbehave."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the service: more threads add in another order
