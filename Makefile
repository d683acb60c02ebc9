# One command each: run, test, coverage, check, bench, soak, fuzz, package, clean. Every one sets up what it needs, once.
.PHONY: run test coverage check bench soak fuzz package clean
.DELETE_ON_ERROR:

PORT ?= 8001
VENV := .venv
PY := $(VENV)/bin/python
# The first Python of a supported version; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null && echo $$p && break; done)
REQUIRE = $(PY) tools/requirements.py

run: $(VENV)/serve.stamp
	@echo "Threadr on http://localhost:$(PORT) (Ctrl+C stops it)"
	@exec $(PY) -m uvicorn functions.local:app --port $(PORT) --no-proxy-headers --no-access-log --log-level warning

test: $(VENV)/dev.stamp
	@echo "Testing …"
	@$(PY) -m pytest

# Measuring takes the tests half as long again.
coverage: $(VENV)/dev.stamp
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest
	@$(PY) -m coverage combine -q
	@$(PY) -m coverage report

check: $(VENV)/dev.stamp .venv-lint/stamp
	@echo "Checking style, types and templates …"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv-lint/bin/python tools/lint_templates.py

bench: $(VENV)/dev.stamp $(VENV)/bench.stamp
	@$(PY) -m bench

soak: $(VENV)/dev.stamp $(VENV)/bench.stamp
	@$(PY) -m bench.soak

# FUZZ_SECONDS=900 make fuzz: longer than the five minutes.
fuzz: $(VENV)/dev.stamp
	@$(PY) -m bench.fuzz

package: $(VENV)/serve.stamp
	@$(PY) tools/package.py

clean:
	rm -rf $(VENV) .venv-lint dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "Threadr needs Python 3.11 to 3.14; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PY) -m pip install --quiet --upgrade 'pip>=23.3'
	@touch $@

$(VENV)/serve.stamp: $(VENV)/made pyproject.toml constraints.txt
	@echo "Installing what the server needs, at the versions in constraints.txt …"
	@$(REQUIRE) serve | $(PY) -m pip install --quiet --requirement /dev/stdin --constraint constraints.txt
	@touch $@

$(VENV)/dev.stamp: $(VENV)/serve.stamp
	@echo "Installing what tests and checks need …"
	@$(REQUIRE) serve dev | $(PY) -m pip install --quiet --requirement /dev/stdin --constraint constraints.txt
	@touch $@

$(VENV)/bench.stamp: $(VENV)/serve.stamp
	@echo "Installing what benchmarks compare with …"
	@$(REQUIRE) bench | $(PY) -m pip install --quiet --requirement /dev/stdin --constraint constraints.txt
	@touch $@

.venv-lint/stamp: tools/lint-requirements.txt
	@echo "Making .venv-lint for the template linters (their pins want a place of their own) …"
	@$(PYTHON) -m venv .venv-lint
	@.venv-lint/bin/python -m pip install --quiet --upgrade 'pip>=23.3'
	@.venv-lint/bin/python -m pip install --quiet --requirement tools/lint-requirements.txt
	@touch $@
