"""Load, faults and memory: what the service does when more is asked than it can do, or by clients that misbehave."""
