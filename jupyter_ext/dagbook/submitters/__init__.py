"""Runs that other schedulers carry out: begun, looked at, stopped. One folder a scheduler."""
