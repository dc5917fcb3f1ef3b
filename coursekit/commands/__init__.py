"""The parts of the ``coursekit`` command, one a file: ``add_to`` describes its options, ``run`` does it.

Nothing here imports a package at its top: the command must be able to say that one is missing.
"""
