"""Rehearsals: a cloud's stack run by the genuine engine, with the cloud's API simulated and its machines real.

A rehearsal is a project of its own (`crosscloud-rehearsal`) with a state of its own below ``.crosscloud/rehearsals``.
Only that project names the simulated plugins, and they start only for it, so that a rehearsal can't touch a real stack
and a real ``up`` can't reach a simulated plugin.
"""
