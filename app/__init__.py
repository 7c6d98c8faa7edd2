"""The editor without a window: documents as values, edits, history, jobs, the one painter, files."""
