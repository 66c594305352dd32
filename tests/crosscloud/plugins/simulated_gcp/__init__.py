"""Tests of the simulated Google Cloud."""
