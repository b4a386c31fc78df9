"""What MLflow has recorded, as REST: runs, their series and artifacts, compared and edited."""
