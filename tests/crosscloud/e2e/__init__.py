"""Tests of the end-to-end checks: each verdict, on constructed answers of the API."""
