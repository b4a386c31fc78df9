"""Attempts on the workers of a Dask cluster: used as a pool of places, never as a scheduler of graphs."""
