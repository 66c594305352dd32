"""The helm values: on their own, and rendered with the charts that they are for."""
