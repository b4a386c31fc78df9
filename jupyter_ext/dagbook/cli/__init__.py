"""The command line: one file per command. Text in, verbs of `dagbook.api`, text or JSON out."""
