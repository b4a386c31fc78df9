"""Kernels of this machine: which are installed, and how one is started. Knows nothing of notebooks."""
