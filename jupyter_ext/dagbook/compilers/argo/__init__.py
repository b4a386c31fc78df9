"""Argo Workflows, through Hera's models."""
