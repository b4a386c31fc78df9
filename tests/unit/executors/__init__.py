"""Executors, as far as they are functions of values."""
