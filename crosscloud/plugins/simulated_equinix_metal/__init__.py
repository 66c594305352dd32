"""Equinix Metal, simulated: devices are machines on this host, and a metro's routers are a BGP daemon beside them."""
