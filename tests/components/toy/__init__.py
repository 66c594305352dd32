"""A cloud that is added from outside, by the seams that every cloud uses, as docs/adding-a-cloud.md says."""
