"""Quantiles: the calibrated distribution function of an arm, its inversion, and differences of quantiles."""
