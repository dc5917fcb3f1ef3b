"""The exercises of chapter 08, in the order of the course."""

from importlib import import_module

for _file in ("momentum", "nesterov", "rmsprop", "adam", "decay", "warmup", "choosing"):
    import_module(f"{__name__}.{_file}")
