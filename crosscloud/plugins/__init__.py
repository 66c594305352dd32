"""Pulumi provider plugins in Python: the base they share, our own, and the embedded ones."""
