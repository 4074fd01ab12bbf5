"""The gateway, a separate deployable; empty until it is built."""
