"""BFS: back-to-front layered image synthesis, a dual-branch diffusion transformer (see ARCHITECTURE.md for the paper)."""

import os

# Before torch is imported: its threads shall sleep while they wait, not spin. Beside a window, or any other busy program, a
# layer on two cores took three times as long with spinning threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
