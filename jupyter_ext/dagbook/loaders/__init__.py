"""Where pipelines and notebooks are read from. Nothing here runs anything."""
