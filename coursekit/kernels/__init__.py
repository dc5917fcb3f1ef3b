"""The loops that Numba compiles, by family. Everything above calls them with checked, C-contiguous arrays."""
