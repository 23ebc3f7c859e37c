# Everything runs in one virtual environment: .venv, or the one that VENV names. It is made, and einfold installed in it, when needed.

VENV ?= .venv
PYTHON ?= python3
INSTALL ?= --editable .[dev]
DOCS ?= $(INSTALL:.[dev]=.[docs])
JOBS ?= 2

BIN := $(VENV)/bin
STAMP := $(VENV)/.einfold-installed

.PHONY: demo test check docs format clean

demo: $(STAMP)
	$(BIN)/einfold tour

test: $(STAMP)
	@failed=0; \
	$(BIN)/lit -j $(JOBS) -s --no-progress-bar tests/filecheck || failed=1; \
	$(BIN)/pytest -n $(JOBS) || failed=1; \
	exit $$failed

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright --pythonpath $(BIN)/python

# Into build/site, without network. What it needs beyond einfold is installed when it is asked for.
docs: $(STAMP)
	@$(BIN)/python -c "import material" 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check $(DOCS)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(INSTALL)
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis tests/filecheck/Output
