"""How long ``import coursekit`` takes, beside ``import numpy``, each in a fresh interpreter, interleaved.

Run ``python -m benchmarks.import_time``. Ends with 1 if the import takes more than 150 ms.
"""

import subprocess
import sys
from statistics import median

ROUNDS = 15
LIMIT = 150.0


def milliseconds(statement: str) -> float:
    """Time one statement in a fresh interpreter, its start not counted."""
    script = f"from time import perf_counter as t; a = t(); {statement}; print((t() - a) * 1e3)"
    return float(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout)


def main() -> int:
    """Print the table."""
    pairs = [(milliseconds("import coursekit"), milliseconds("import numpy")) for _ in range(ROUNDS)]
    ours, numpys = zip(*pairs, strict=True)
    ratio = median(a / b for a, b in zip(ours, numpys, strict=True))
    print("| import | median | ÷ import numpy |\n|---|---|---|")
    print(f"| coursekit | {median(ours):.1f} ms (limit {LIMIT:.0f} ms) | {ratio:.2f} |")
    return int(median(ours) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
