"""Checks of what computes and draws: Numba, its cache, threads, fonts."""

import glob
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from coursekit.commands.doctor.finding import Finding, command, export, fail, ok, pip_install, remove, unset, warn
from coursekit.commands.doctor.folders import why_not_writable
from coursekit.commands.doctor.probe import ask
from coursekit.places import own_folder

EVERYBODY_WRITES = 0o002
OTHERS_WRITE = 0o022
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SIGNS = "σ∂×−"  # in labels of the figures
SLOW_START = "All kernels are compiled at every start, which takes half a minute."


def compiling() -> Iterator[Finding]:
    """Numba compiles one of the course's kernels, and keeps it."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        why = "Nothing is compiled: figures and training are up to a hundred times slower."
        yield warn("NUMBA_DISABLE_JIT is set", why, unset("NUMBA_DISABLE_JIT"))
        return
    code = (
        "import time, numpy; from coursekit.kernels.stats import moments; start = time.perf_counter();"
        "assert moments(numpy.ones(3))[0] == 1; answer = time.perf_counter() - start"
    )
    with tempfile.TemporaryDirectory() as folder:
        compiled = ask(code, variables={"NUMBA_CACHE_DIR": folder})
        kept = glob.glob(f"{folder}/**/*.nbi", recursive=True)
    if compiled.error:
        mend = pip_install("--force-reinstall", "numba", "llvmlite")
        yield fail(f"Numba does not compile: {compiled.error}", "It compiles the loops behind every figure.", mend)
    elif not kept:
        mend = pip_install("--force-reinstall", "numba", "llvmlite")
        yield fail("Numba compiles, but does not keep what it compiled", SLOW_START, mend)
    else:
        yield ok(f"Numba compiles a kernel in {compiled.value:.1f} s")


def kernel_cache() -> Iterator[Finding]:
    """The folder for compiled kernels is private, can be written to, and is not damaged."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen and (trouble := _chosen_cache(Path(chosen))):
        yield trouble
        return
    code = (
        "import warnings; warnings.simplefilter('ignore'); from coursekit.kernels.cache import cache_folder;"
        "folder = cache_folder(); answer = folder and str(folder)"
    )
    found = ask(code)
    own = own_folder()
    if found.error:
        mend = pip_install("--force-reinstall", "numba", "llvmlite")
        yield fail(f"The folder for compiled kernels is not known: {found.error}", SLOW_START, mend)
    elif found.value is None or not (chosen or (own and Path(found.value).is_relative_to(own))):
        yield _own_cache_refused(own / "cache" if own else None, found.value)
    elif damaged := damaged_kernels(Path(found.value)):
        text = f"{len(damaged)} compiled kernels are damaged, for instance {damaged[0].name}"
        yield warn(text, "They are compiled again when they are needed.", remove(found.value))
    else:
        yield ok(f"compiled kernels are kept in {found.value}")


def _chosen_cache(folder: Path) -> Finding | None:
    """Say what is wrong with ``NUMBA_CACHE_DIR``, if anything is."""
    mode = folder.stat().st_mode if os.name == "posix" and folder.exists() else 0
    if mode & EVERYBODY_WRITES:
        why = "Loading a compiled kernel runs what is in it, and here anybody may have put it."
        shared = mode & 0o1000 or folder.stat().st_uid != os.getuid()  # /tmp, for instance, must stay open to all
        mend = unset("NUMBA_CACHE_DIR") if shared else command("chmod", "go-w", folder)
        return fail(f"Everybody can write to NUMBA_CACHE_DIR={folder}", why, mend)
    if reason := why_not_writable(folder):
        return fail(f"NUMBA_CACHE_DIR={folder} cannot be written to: {reason}", SLOW_START, unset("NUMBA_CACHE_DIR"))
    return None


def _own_cache_refused(own: Path | None, instead: str | None) -> Finding:
    """Say why coursekit does not keep its kernels in its own folder."""
    if own and os.name == "posix" and own.exists() and own.stat().st_mode & OTHERS_WRITE:
        why = "Loading a compiled kernel runs what is in it, and here others may have put it."
        return fail(f"Others can write to {own}", why, command("chmod", "700", own))
    mend = remove(own) if own and own.exists() and not own.is_dir() else _another_home()
    if instead:
        why = "They are lost when the machine starts again, and then compiled anew."
        return warn(f"Compiled kernels are kept among the temporary files, in {instead}", why, mend)
    return fail("There is no private folder for compiled kernels", SLOW_START, mend)


def _another_home() -> str:
    return export("COURSEKIT_HOME", Path.cwd() / "coursekit-home")


def damaged_kernels(folder: Path) -> list[Path]:
    """Return the cache files that do not end as a pickle does: they were cut short. They are not loaded for that."""
    return [path for path in sorted(folder.rglob("*.nb[ci]")) if not _ends_as_pickle(path)]


def _ends_as_pickle(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"."
    except OSError:  # an empty file, among others
        return False


def threads() -> Iterator[Finding]:
    """Whoever limits the threads limits them to a number that this machine has."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = [_limit(name, os.environ.get(name, ""), cores) for name in THREADS]
    yield from filter(None, told)
    if not any(told):
        yield ok(f"{cores} core{'s' if cores > 1 else ''} for this process")


def _limit(name: str, value: str, cores: int) -> Finding | None:
    """Say what is wrong with one of the variables that limit the threads."""
    first = value.split(",")[0].strip()  # OpenMP takes one number for each level
    if not value or (first.isdecimal() and 0 < int(first) <= 2 * cores):
        return None
    if first.isdecimal() and int(first) > 0:
        why = "Threads get in each other's way."
        return warn(f"{name} is {value}, but there are {cores} cores", why, unset(name))
    if name == "NUMBA_NUM_THREADS" and first.removeprefix("-").isdecimal():
        return fail(f"{name} is {value}", "Numba does not import unless it is positive.", unset(name))
    return warn(f"{name} is {value!r}, which is no positive number", "It has no effect.", unset(name))


def fonts() -> Iterator[Finding]:
    """Matplotlib finds its own font, with the signs that the figures use."""
    code = (
        f"wanted = {SIGNS!a}; import glob, matplotlib; from matplotlib import font_manager, ft2font;"
        "cached = glob.glob(matplotlib.get_cachedir() + '/fontlist-*.json');"
        "bundled = matplotlib.get_data_path() + '/fonts/ttf/DejaVuSans.ttf';"
        "signs = lambda path: ft2font.FT2Font(path).get_charmap();"
        "answer = {'cached': cached, 'bundled': '', 'found': ''}\n"
        "try: signs(bundled)\n"
        "except Exception as error: answer['bundled'] = str(error) or 'damaged'\n"
        "try: answer['missing'] = [s for s in wanted if ord(s) not in "
        "signs(font_manager.findfont('DejaVu Sans', fallback_to_default=False))]\n"
        "except Exception as error: answer['found'] = str(error) or 'damaged'\n"
    )
    answer = ask(code)
    why = "Labels in the figures would miss letters, or the figures fail."
    reinstall = pip_install("--force-reinstall", "--no-deps", f"matplotlib=={version('matplotlib')}")
    if answer.error or answer.value["bundled"]:
        reason = answer.error or answer.value["bundled"]
        yield fail(f"Matplotlib's own font DejaVu Sans cannot be read: {reason}", why, reinstall)
    elif answer.value["found"] or answer.value["missing"]:
        reason = answer.value["found"] or f"it lacks {' '.join(answer.value['missing'])}"
        mend = remove(*answer.value["cached"]) if answer.value["cached"] else reinstall
        yield fail(f"Matplotlib does not find its font DejaVu Sans: {reason}", why, mend)
    else:
        yield ok(f"fonts: DejaVu Sans with {SIGNS}")
