"""Ways of telling somebody that a run has ended."""
