"""Where results are kept by fingerprint. One file per kind of cache."""
