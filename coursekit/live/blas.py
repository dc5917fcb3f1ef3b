"""One BLAS thread while a slider moves."""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

try:
    from threadpoolctl import ThreadpoolController
except ImportError:
    ThreadpoolController = None


def one_thread() -> AbstractContextManager[Any]:
    """Keep BLAS to one thread inside a ``with``: others would spin on the cores that server and browser need.

    Without threadpoolctl nothing happens.
    """
    return nullcontext() if ThreadpoolController is None else _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> Any:
    return ThreadpoolController()  # takes some milliseconds: it looks through all that is loaded
