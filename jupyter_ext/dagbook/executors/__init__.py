"""Places where attempts run while we schedule. One file per place."""
