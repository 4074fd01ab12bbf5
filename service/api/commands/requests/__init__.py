"""From the options of a command to the document that its path takes; one file per command."""
