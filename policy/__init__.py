"""The policy pack: what has to hold for every stack's resources, whatever made them."""
