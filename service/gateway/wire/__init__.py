"""The gateway's wire structs, and the way between them and the study."""
