"""The shell around the pure centre: the only place where time passes."""
