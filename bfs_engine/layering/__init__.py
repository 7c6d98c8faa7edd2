"""Taking flat pictures apart: the exact split, and the ground behind a thing."""
