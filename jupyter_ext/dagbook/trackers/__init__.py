"""Where runs are recorded for people to compare. One file per tracking store."""
