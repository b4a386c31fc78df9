"""The verbs of Dagbook in Python: check, plan, run, show. Command line, magics and server call these."""
