"""What happened in a run, and what follows from it. Pure: no clock, no disk, no process."""
