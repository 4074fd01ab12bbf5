"""How calls are made: retries, windows, breakers, budgets, and the asking that ties them together."""
