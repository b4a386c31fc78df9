"""A run as one page that can be mailed: no script, no network, everything inside."""
