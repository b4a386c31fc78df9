"""Plan → manifest of another scheduler. One file per scheduler, or a folder; pure functions."""
