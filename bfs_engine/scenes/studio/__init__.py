"""Photographed things: pictures, light views and test scenes rendered from openly licensed 3D models.

A build tool. It needs Blender as a module (PyPI `bpy`) in an environment of its own, and nothing of the program imports it; what it makes is
data: cut-outs for the library, views for training, scenes for measuring. docs/engine/things.md tells how to remake them.
"""
