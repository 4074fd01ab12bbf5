"""Rectifier: calibrated effects from human and LLM responses."""
