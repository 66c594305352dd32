"""End to end: a real cluster, brought up by the command that users type, on machines without a way out."""
