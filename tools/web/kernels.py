"""Kernels for the browser: what Numba makes of each, once more for WebAssembly, in one module beside its table.

``python -m tools.web.kernels FOLDER`` writes ``kernels.so``, which Pyodide can load, and ``kernels.json``: kernel →
types of its arguments → name in the module and types of what it returns. Numba hands its code to LLVM, which llvmlite
brings with every target; ziglang compiles the few lines of C below and links.
"""

import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

# Before Numba is imported: no vectors and nothing else of this processor may stand in its code, and nothing kept.
os.environ |= {"NUMBA_LOOP_VECTORIZE": "0", "NUMBA_SLP_VECTORIZE": "0", "NUMBA_CPU_NAME": "generic"}
os.environ |= {"NUMBA_CPU_FEATURES": ""}

import llvmlite.binding as llvm
from numba import types
from numba.core.codegen import CPUCodeLibrary
from numba.core.dispatcher import Dispatcher

TRIPLE = "wasm32-unknown-emscripten"
FEATURES = "+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint"  # what every browser of the last years has
RUNTIME = Path(__file__).with_name("runtime.c")
# What kernels may call of the C library, which Pyodide has.
LIBRARY = ("exp", "expm1", "log", "log1p", "tanh", "erf", "erfc", "malloc", "free", "memset", "memcpy", "memmove")
LOOPS = ("matmul_float32", "matmul_float64")
NATIVE = re.compile(r"^target .*\n", re.M)
# Numba's counting of who holds an array, which is native code by now: runtime.c has its own.
OF_RUNTIME = re.compile(r"^define \w* ?(void @NRT_\w+\(ptr)[^{]*\{\n(?:[^}].*\n|\n)*\}$", re.M)
RESULT = 32  # bytes before the arguments that are kept for what a kernel returns
# Numba's type → how the table writes it, which is how NumPy does
CODES = {types.float32: "f4", types.float64: "f8", types.int64: "i8", types.int32: "i4", types.boolean: "b1"}

_CODE: dict[str, str] = {}  # a function's name for the linker → the LLVM code of its library


class Variant(NamedTuple):
    """A kernel compiled for certain types of arguments."""

    kernel: str  # its module and name
    takes: str  # codes of its arguments
    returns: str
    function: str  # its name in the code
    code: str  # of LLVM


def build(folder: Path) -> None:
    """Compile all that the course uses, and write the module and its table."""
    write(folder, variants())


def write(folder: Path, found: list[Variant]) -> None:
    """Write the module and its table."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    table: dict[str, dict[str, tuple[str, str]]] = {}
    with tempfile.TemporaryDirectory() as work:
        objects, symbols = [_runtime(Path(work))], []
        for number, variant in enumerate(found):
            symbols.append(f"k{number}")
            table.setdefault(variant.kernel, {})[variant.takes] = symbols[-1], variant.returns
            objects.append(Path(work, f"{symbols[-1]}.o"))
            objects[-1].write_bytes(_object(variant, symbols[-1]))
        folder.mkdir(parents=True, exist_ok=True)
        _link(objects, symbols, folder / "kernels.so")
    (folder / "kernels.json").write_text(json.dumps(table, separators=(",", ":")), "utf-8")


# ---- what is compiled


def variants() -> list[Variant]:
    """Compile what `coursekit warmup` does; whether an array may be written to makes no difference to the code."""
    from coursekit.commands.warmup import steps
    from coursekit.kernels import jit

    jit.keep = lambda _: None  # a kernel that was kept has no code any more
    _keep_code()
    for _, step in steps():
        step()
    found = {}
    for name, kernel in _kernels():
        for signature, compiled in kernel.overloads.items():
            function = compiled.fndesc.llvm_func_name
            returns = codes(_parts(compiled.signature.return_type))
            found[name, codes(signature)] = Variant(name, codes(signature), returns, function, _CODE[function])
    return list(found.values())


def _keep_code() -> None:
    """Keep each library's code as it is before the native compiler takes it, for which Numba has no switch."""
    finalize = CPUCodeLibrary._finalize_final_module

    def keeping(library: Any) -> Any:
        code = str(library._final_module)
        for function in filter(lambda one: not one.is_declaration, library._final_module.functions):
            _CODE.setdefault(function.name, code)  # others take it over from where it was first
        return finalize(library)

    CPUCodeLibrary._finalize_final_module = keeping


def _kernels() -> Iterator[tuple[str, Any]]:
    """Yield every kernel of the package by the name of its module and its own."""
    import coursekit

    for module in pkgutil.walk_packages(coursekit.__path__, "coursekit."):
        if module.name.startswith(("coursekit.kernels", "coursekit.activations")):
            for name, value in vars(import_module(module.name)).items():
                if isinstance(value, Dispatcher) and value.__module__ == module.name:
                    yield f"{module.name}.{name}", value


def codes(kinds: Any) -> str:
    """Write types as `coursekit.kernels.stand_in.code` does, with commas between."""
    return ",".join(
        f"{CODES[kind.dtype]}.{kind.ndim}{kind.layout}" if isinstance(kind, types.Array) else CODES[kind]
        for kind in kinds
    )


def _parts(kind: Any) -> tuple[Any, ...]:
    return () if kind is types.none else tuple(kind) if isinstance(kind, types.BaseTuple) else (kind,)


# ---- how


def _object(variant: Variant, symbol: str) -> bytes:
    """Compile one kernel as a function of one pointer: to its results, and after these its arguments."""
    module = llvm.parse_assembly(NATIVE.sub("", OF_RUNTIME.sub(r"declare \1)", variant.code)))
    arguments = [str(argument.type) for argument in module.get_function(variant.function).arguments]
    module.link_in(llvm.parse_assembly(_entry(variant.function, arguments, symbol)))
    for function in module.functions:
        if not function.is_declaration and function.name != symbol:
            function.linkage = "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    machine = llvm.Target.from_triple(TRIPLE).create_target_machine(features=FEATURES, opt=3, reloc="pic")
    module.triple, module.data_layout = TRIPLE, str(machine.target_data)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    return bytes(machine.emit_object(module))


def _entry(name: str, arguments: list[str], symbol: str) -> str:
    """Write the function that unpacks the arguments, eight bytes each, and passes them on."""
    lines = [f'declare i32 @"{name}"({", ".join(arguments)})', f"define i32 @{symbol}(ptr %p) {{"]
    lines.append("%exception = alloca ptr")
    for index, kind in enumerate(arguments[2:]):
        lines.append(f"%a{index} = getelementptr i8, ptr %p, i32 {RESULT + 8 * index}")
        lines.append(f"%v{index} = load {kind}, ptr %a{index}, align 8")
    passed = ["ptr %p", "ptr %exception", *(f"{kind} %v{index}" for index, kind in enumerate(arguments[2:]))]
    return "\n".join([*lines, f'%status = call i32 @"{name}"({", ".join(passed)})', "ret i32 %status", "}"])


def _runtime(work: Path) -> Path:
    _zig("cc", "-target", "wasm32-freestanding", "-O3", "-msimd128", "-fPIC", "-c", RUNTIME, "-o", work / "runtime.o")
    return work / "runtime.o"


def _link(objects: list[Path], symbols: list[str], module: Path) -> None:
    """Link; what neither runtime.c nor the C library has is told here, not when a learner's page calls it."""
    allowed = objects[0].with_name("library.txt")
    allowed.write_text("\n".join(LIBRARY))
    options = ["-shared", "--experimental-pic", "--strip-all", "--gc-sections"]
    options += ["--unresolved-symbols=report-all", f"--allow-undefined-file={allowed}"]
    _zig("wasm-ld", *options, *(f"--export={symbol}" for symbol in (*symbols, *LOOPS)), "-o", module, *objects)


def _zig(*command: Any) -> None:
    done = subprocess.run([sys.executable, "-m", "ziglang", *map(str, command)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ziglang {command[0]} failed:\n{done.stderr}")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
