"""A model that answers over HTTP: MLflow's scoring server, started, watched and stopped."""
