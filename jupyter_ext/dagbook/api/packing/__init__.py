"""Making a package of a pipeline: what belongs to it, and how it is written."""
