"""Numba's cache, in the private folder, and mended where a file of it is damaged."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache

from coursekit.kernels.folder import cache_folder, warn


class KernelCache(FunctionCache):
    """The cache of one function, for which a damaged file or a full disk is no reason to fail."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load a compiled kernel; if that fails, in whatever way, forget the function's files: they are made anew.

        Two processes that compile at once can leave a file under the name of another signature, so that is compared.
        """
        try:
            loaded = super().load_overload(sig, target_context)
            if loaded is None or loaded.signature.args == tuple(sig):
                return loaded
        except Exception:
            pass
        with suppress(OSError):
            self.flush()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save a compiled kernel, or say why it is not saved and go on."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            self.disable()
            warn(f"Compiled kernels are not kept, so the next start compiles again: {error.strerror}.")


def keep(dispatcher: Any) -> None:
    """Give a compiled function its cache; without a folder it is compiled anew in every session, and that is said."""
    folder = cache_folder()
    if folder is None:
        warn("There is no private folder for compiled kernels: they are compiled anew in every session.")
        return
    with _numba_cache_dir(folder):
        dispatcher._cache = KernelCache(dispatcher.py_func)


@contextmanager
def _numba_cache_dir(folder: Path) -> Iterator[None]:
    """Let Numba look here while it decides where the files of a function go; other packages keep their own place."""
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
