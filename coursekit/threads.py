"""Whether there are threads: in the browser nothing runs beside what runs."""

import sys

AVAILABLE = sys.platform != "emscripten"
