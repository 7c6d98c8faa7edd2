"""BFS: back-to-front layered image synthesis, a dual-branch diffusion transformer (see ARCHITECTURE.md for the paper)."""

from .release import load_release

__all__ = ["load_release"]
