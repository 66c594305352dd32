"""Tests of building and publishing artifacts."""
