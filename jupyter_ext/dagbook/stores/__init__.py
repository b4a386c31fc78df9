"""Places for files that fsspec reaches: what the shared cache and the workers of a cluster have in common."""
