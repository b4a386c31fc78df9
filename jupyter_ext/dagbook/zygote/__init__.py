"""A fork server: one process that has imported everything, and forks a child for each request.

It imports nothing of Dagbook outside this folder, so that any Python can run it.
"""
