"""Sampling designs: how many humans, how many LLM answers, which models."""
