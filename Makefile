# make lab       sets everything up in .venv and opens JupyterLab at chapter 00
# make test      sets up the same way, then checks all but what is marked thorough
# make thorough  checks all
# make quick     checks the mathematics and the panels, while you edit
# make site      writes the chapters, with figures that move, and a reference as a web site that needs neither Python nor a network
# make web       writes the course as a web site in which it runs, Python and all
# make web-test  runs all chapters, demos and exercises there, in Chromium
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of its own: JupyterLite brings JupyterLab an extension that JupyterLab itself cannot load.
WEB := .venv-web

.PHONY: lab test thorough quick site web web-test freeze bench soak clean

lab: $(VENV)/lab
	$(BIN)/coursekit lab

test: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.run_tests tests notebooks -n 2 --dist loadscope --no-loadscope-reorder

thorough: export COURSEKIT_THOROUGH = all
thorough: test

quick: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/python -m tools.run_tests --kept-kernels tests/library tests/live -n 2 -m "not slow"

# Where `make web` has been before, its edition goes with the site, and each chapter's page has a button that leads there.
site: $(VENV)/test
	$(BIN)/python -m tools.bake build/baked
	build=$$(mktemp -d) && trap 'rm -rf "$$build"' EXIT && \
	if [ -f web/lab/index.html ]; then course="-D browser_edition=../course"; fi && \
	$(BIN)/sphinx-build -W --keep-going -n -q -c docs -D baked=build/baked $$course -d "$$build/doctrees" . "$$build/site" && \
	if [ -n "$$course" ]; then cp -r web "$$build/site/course"; fi && \
	rm -rf site && mv "$$build/site" site
	@echo "Open site/index.html"

web: $(WEB)/web
	$(WEB)/bin/python -m tools.web web
	@echo "Look at it: $(WEB)/bin/python -m http.server --bind 127.0.0.1 --directory web, then http://127.0.0.1:8000"

web-test: export COURSEKIT_THOROUGH = all
web-test: export COURSEKIT_BROWSER = required
web-test: $(WEB)/web
	$(WEB)/bin/python -m tools.run_tests tests/browser/test_web.py

freeze: $(VENV)/test
	$(BIN)/python -m tools.freeze_notebooks

bench: $(VENV)/test
	$(BIN)/python -m benchmarks

soak: $(VENV)/test
	$(BIN)/python -m tools.soak --minutes 30

# What is installed: for learners the extra lab, for tests all the others too, but for web.
$(VENV)/lab: EXTRAS = lab
$(VENV)/test: EXTRAS = lab,test,site,cluster
$(WEB)/web: EXTRAS = lab,test,web
$(VENV)/lab $(VENV)/test $(WEB)/web: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "coursekit needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version). Try: make lab PYTHON=python3.12"; exit 1; }
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	touch $@

clean:
	rm -rf $(VENV) $(WEB) build site web .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
