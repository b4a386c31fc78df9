"""Running a run again from what it kept."""
