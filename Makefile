# make run [FILE=photo.jpg]   installs into .venv the first time, then opens the editor
# make test                   installs the same way, then runs all tests without a display
# make check                  style and the fast tests; what one runs before every commit
# make bench                  measures speed and memory; slower, apart from the tests
#
# PYTHON=/path/to/python3.12  takes that interpreter for .venv
# PIP_ARGS="..."              goes to pip, for example an index with PyTorch's CPU wheels (see README.md)

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
PIP_ARGS ?=
FILE ?=
OUT ?= downstage-demo

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --prefer-binary -c packaging/constraints.txt $(PIP_ARGS)
PINS := packaging/requirements.txt packaging/constraints.txt

.PHONY: run test check bench clean

run: $(VENV)/installed
	@$(BIN)/python packaging/check_system.py libraries --install
	@$(BIN)/python main.py $(if $(FILE),"$(FILE)",--sample) --demo-folder "$(OUT)"

test: $(VENV)/installed-for-tests
	@$(BIN)/python packaging/check_system.py libraries --install
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

check: $(VENV)/installed-for-tests
	$(BIN)/python -m ruff check .
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -n 2 tests/test_architecture.py tests/packaging tests/app tests/ui/canvas tests/ui/commands

bench: $(VENV)/installed-for-tests
	@$(BIN)/python packaging/check_system.py libraries --install
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/benchmarks

$(VENV)/created:
	@$(PYTHON) packaging/check_system.py python --install
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created $(PINS)
	@echo "Installing what Downstage needs into $(VENV); the first time this takes some minutes."
	$(PIP) -r packaging/requirements.txt
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed packaging/requirements-test.txt
	$(PIP) -r packaging/requirements-test.txt
	@touch $@

clean:
	rm -rf $(VENV) runs downstage-demo .pytest_cache .hypothesis
