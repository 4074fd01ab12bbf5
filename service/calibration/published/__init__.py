"""Prediction-powered inference for regressions and quantiles exactly as published, for reproducing earlier analyses."""
