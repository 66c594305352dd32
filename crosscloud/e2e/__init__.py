"""Checks against a running cluster: is what runs what the release names, and does it work?

``commands`` is the way in. ``runner`` runs the checks listed in ``checks``, each with a bounded wait (``wait``), on a
cluster reached through a kubeconfig (``cluster``). What has to be tried from inside is tried by probe pods (``bench``).
"""
