"""Packages of pipelines, as they are taken up and run."""
