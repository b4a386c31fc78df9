"""Where the events of a run are kept. One file per kind of journal."""
