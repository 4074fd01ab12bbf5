"""The computing commands of ``rectifier``: options -> request document -> the service's own way -> answer, shown.

The document is what would be posted to the service, and the answer is the service's, byte for byte; no server runs.
Only ``arguments`` and ``column_arguments`` are imported to explain a command; all else when it runs.
"""
