"""The HTTP surface of the calibration service."""
