"""Training of the models, each a plain loop over rendered scenes."""
