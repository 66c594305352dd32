"""Everything of crosscloud that is not a Pulumi resource."""
