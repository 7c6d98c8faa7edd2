"""Training scenes for the starter model: sprites, the picture library, backdrops, light and shadow."""
