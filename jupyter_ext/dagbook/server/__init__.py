"""The Jupyter server's side: reads journals for the panel and tells it what changed. Owns no run."""
