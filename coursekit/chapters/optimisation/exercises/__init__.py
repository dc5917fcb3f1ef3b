"""The exercises of chapter 08, in the order of the course."""

from importlib import import_module

for _file in ("momentum", "nesterov", "rmsprop", "adam", "decay", "choosing", "warmup"):
    import_module(f"{__name__}.{_file}")
