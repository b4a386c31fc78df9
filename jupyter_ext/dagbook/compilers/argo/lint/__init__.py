"""What a schema cannot say of an Argo manifest: that all names lead somewhere, all texts mean something."""
