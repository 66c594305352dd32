"""The command ``crosscloud``."""

from crosscloud.cli.app import main

__all__ = ["main"]
