"""GitLab: how it is reached, notes on merge requests, issues, and the files that a merge request changes."""
