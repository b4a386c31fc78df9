"""An Argo server, by its documented REST API."""
