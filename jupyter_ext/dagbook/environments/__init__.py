"""Ways of making an environment of its own for a node's kernel."""
