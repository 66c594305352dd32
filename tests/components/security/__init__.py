"""What must hold of the resources that a cluster is made of, on every cloud: checks, and the programs they look at."""
