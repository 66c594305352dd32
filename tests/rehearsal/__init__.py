"""Whole stacks of clouds in rehearsals: the genuine engine, simulated clouds, real machines."""
