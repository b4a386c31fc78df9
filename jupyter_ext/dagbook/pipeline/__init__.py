"""What is to be run, and why: from what the author wrote to a plan. Pure: no disk, no process."""
