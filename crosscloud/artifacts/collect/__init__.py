"""Collecting a release: of each project the ``release.env`` that the newest successful pipeline of its branch made."""
