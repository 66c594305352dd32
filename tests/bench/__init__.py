"""Measurements of what users wait for: ``make bench``."""
