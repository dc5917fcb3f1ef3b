"""All benchmarks, one table after the other: ``make bench``, about forty minutes on two cores."""

import sys
from importlib import import_module

NAMES = (
    "import_time",
    "versus_networks",
    "versus_layers",
    "versus_conv",
    "versus_losses",
    "versus_optimisers",
    "versus_activations",
    "vanishing",
    "xray",
    "compile_time",
    "growth",
    "live_latency",
    "live_demos",
    "first_picture",
)

if __name__ == "__main__":
    missed = []
    for name in NAMES:
        module = import_module(f"benchmarks.{name}")
        print(f"\n## {name}: {module.__doc__.splitlines()[0]}\n", flush=True)
        if module.main():
            missed.append(name)
    print(f"\nTargets missed in: {', '.join(missed) or 'none'}")
    sys.exit(bool(missed))
