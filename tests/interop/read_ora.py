"""Run by MyPaint's own Python: its view of an OpenRaster file as JSON, and the file as it saves it again.

python3 read_ora.py FOLDER_OF_MYPAINT SOURCE.ora TARGET.ora
"""

import json
import sys

folder, source, target = sys.argv[1:]
sys.path.insert(0, folder)

from lib import (
    eotf,  # noqa: E402
    mypaintlib,  # noqa: E402, F401
)
from lib.document import Document  # noqa: E402

document = Document(painting_only=True)
document.load(source, compat_handler=lambda value, _root: eotf.set_eotf(float(value)))  # as its window does
rows = [
    [len(path) - 1, layer.name, type(layer).__name__, round(layer.opacity, 2), layer.visible, layer.locked]
    for path, layer in document.layer_stack.walk()
]
document.save(target)
print(json.dumps({"frame": document.get_frame() if document.frame_enabled else None, "eotf": eotf.eotf(), "layers": rows}))
