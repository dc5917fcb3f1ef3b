# make lab   sets everything up in .venv and opens JupyterLab at chapter 00
# make test  sets up the same way, then checks everything that CI checks
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: lab test freeze bench clean

lab: $(VENV)/ready
	$(BIN)/coursekit lab

test: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cache=$$(mktemp -d) && trap 'rm -rf "$$cache"' EXIT && \
	NUMBA_CACHE_DIR="$$cache/numba" COURSEKIT_PROGRESS="$$cache/progress.json" IPYTHONDIR="$$cache/ipython" \
	COURSEKIT_STRICT=1 PYTHONHASHSEED=0 OPENBLAS_NUM_THREADS=1 \
	$(BIN)/pytest tests notebooks -n 2 --dist loadscope --no-loadscope-reorder \
	  --nbval --nbval-current-env --nbval-cell-timeout=120 --nbval-sanitize-with tests/nbval_sanitize.cfg

freeze: $(VENV)/ready
	$(BIN)/python -m tools.freeze_notebooks

bench: $(VENV)/ready
	$(BIN)/python -m benchmarks

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "coursekit needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version). Try: make lab PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[lab,test]"
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
