"""Layers of any prompt from public inpainting models: the model paints into the picture, and the layer is lifted off the known ground."""
