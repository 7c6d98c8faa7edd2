"""Training data made of other people's pictures: (foreground, background, composite, box) and (background, composite) pairs."""
