"""The simulated Google Cloud: Compute Engine, Kubernetes Engine and what both need, for rehearsals."""
