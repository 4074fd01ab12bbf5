"""May these LLM responses be relied on? Checks that an answer rests on."""
