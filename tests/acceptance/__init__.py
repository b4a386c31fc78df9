"""The real command, in processes of its own, against everything that goes wrong."""
