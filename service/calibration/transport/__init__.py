"""Transport: humans and LLM-only units weighted like a target population."""
