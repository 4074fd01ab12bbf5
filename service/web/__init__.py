"""What both deployables do alike: problems, probes, telemetry, bodies."""
