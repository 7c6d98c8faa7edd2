"""Requests in, RGBA layers out. Knows neither the editor nor Qt; api.py is its border."""

import os

# Before torch's libraries are loaded by anyone: its threads shall sleep while they wait, not spin. Beside a window, or any other
# busy program, a layer on two cores took three times as long with spinning threads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Before huggingface_hub is loaded by anyone: it shall not tell the hub what is installed here.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
