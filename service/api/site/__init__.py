"""The documentation as web pages, made of the repository's Markdown, the methods' cards and the catalogue."""
