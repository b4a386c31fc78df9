"""What a notebook says of itself: parameters, code, outputs, and the values that travel between notebooks.

Everything here is pure: it works on a notebook already in memory, as plain JSON, and reads or runs nothing.
"""
