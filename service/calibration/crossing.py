"""Where a rising function crosses zero: the root finder of p-values that have no closed form.

Formula: doubling steps bracket the root, then false position with the Illinois correction, and a
bisection every third step.
Source: Dowell & Jarratt (1971), BIT 11:168-174.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

TOLERANCE = 1e-13
THIRD = 3  # every third step halves the bracket, whatever the curve looks like


def crossing(excess: Callable[[float], float], farthest: float) -> float:
    """The z > 0 at which ``excess``, rising and negative at 0, is 0; infinite if that is beyond ``farthest``."""
    near, far = 0.0, 1.0
    below, above = excess(near), excess(far)
    while above <= 0.0:
        near, far, below = far, 2.0 * far, above
        if far > farthest:
            return inf
        above = excess(far)
    steps, found, moved_far = 0, above, True
    while far - near > TOLERANCE * max(1.0, far) and found != 0.0:
        steps += 1
        z = (near + far) / 2.0 if steps % THIRD == 0 else (near * above - far * below) / (above - below)
        found = excess(z)
        if found > 0.0:
            below = below / 2.0 if moved_far else below  # Illinois: no end may stay where it is for long
            far, above, moved_far = z, found, True
        else:
            above = above if moved_far else above / 2.0
            near, below, moved_far = z, found, False
    return near if found == 0.0 else far
