"""The genuine Pulumi engine on this machine: found or installed, with what it needs around it."""
