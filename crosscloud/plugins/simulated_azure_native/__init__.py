"""The simulated Azure of a rehearsal: what a stack uses of its network, compute, identities and insights."""
