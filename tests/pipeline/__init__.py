"""The pipeline, run by a local runner (gitlab-ci-local) against a stub of GitLab's API.

What is stubbed or simulated, and says so: GitLab itself (``tests.gitlab``), its runner (gitlab-ci-local, with a
checkout for each job), and the clouds of cells that are rehearsed. Everything else is genuine: .gitlab-ci.yml, the
commands, the engine, machines, clusters, the page. docs/pipeline.md lists what the runner does not do as GitLab does.
"""
