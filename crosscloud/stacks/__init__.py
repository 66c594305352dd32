"""Working with a stack from outside of its program: running Pulumi on it, mending it, bringing it up and down."""
