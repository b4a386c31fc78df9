"""The built distributions: what is in them, and that they work where there is no Node."""
