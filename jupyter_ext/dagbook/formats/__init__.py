"""How published objects become files and back: one module per format, `registry` finds the one that fits.

No format imports the library whose objects it writes, unless such an object is already there.
"""
