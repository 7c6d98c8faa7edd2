"""Measurements of generated layers against scenes whose true layers are known."""
