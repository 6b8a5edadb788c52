# The two commands of a fresh machine: `make run` and `make test`. Each needs nothing but Python >= 3.11.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run test check clean

help:
	@echo "make run    install into $(VENV) and train recipes/horizon_unet.yaml"
	@echo "make test   install into $(VENV) and run every check and test"
	@echo "make check  lint, format, types, layers"
	@echo "make clean  remove $(VENV) and what tools leave behind"

run: $(VENV)/.installed
	$(BIN)/segkit run recipes/horizon_unet.yaml

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --segkit-dist segkit -n auto --dist loadfile

check: $(VENV)/.installed-test
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "make check needs a git checkout: it looks at the tracked files"; exit 2; }
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pre-commit run --all-files

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON): install Python >= 3.11, or name it: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$$($(PYTHON) --version) is too old: segkit needs Python >= 3.11; name one: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -e '.[test]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
