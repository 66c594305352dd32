"""Cells of the release pipeline: a stack at a channel, made, tested and destroyed as a Pulumi stack of its own.

Each stage is a job of its own in the pipeline, so what they share is the engine's backend and the run's folder (see
``crosscloud.runs``); nothing is kept in a process.
"""
