"""The machine and the loop against fake time, a fake executor and faults, all from one seed.

`python -m tests.simulation SEED` tells what happens under a seed.
"""
