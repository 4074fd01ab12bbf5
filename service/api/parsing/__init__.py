"""Large bodies are decoded in a process of their own, because every parser of JSON holds the interpreter's lock."""
