"""Runs of the pipeline's cells: what is kept of each, from its first stage to its destruction."""
