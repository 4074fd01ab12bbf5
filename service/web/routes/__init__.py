"""Paths that both deployables have: description, problems, documentation page, metrics."""
