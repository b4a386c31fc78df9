"""Mutexes and semaphores of a project, across its runs."""
