"""Our own provider plugin: machines on this host, and clusters that answer."""
