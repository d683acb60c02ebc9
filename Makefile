# One command each; `make` sets up what each needs, once. README has a table of them.
.PHONY: run test coverage check bench bench-data soak fuzz package lock clean
.DELETE_ON_ERROR:

PORT ?= 8001
# Past the deadline of a request, whoever still sends is cut off, so that SIGTERM ends the server.
SERVE := --no-proxy-headers --no-access-log --log-level warning --timeout-graceful-shutdown 30
VENV := .venv
PY := $(VENV)/bin/python
# The first Python of a supported version; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null && echo $$p && break; done)
# Every file is pinned by its hash, pip itself is the venv's own: what was not locked is not installed.
install = $(PY) tools/requirements.py $(1) > $(basename $@).txt && \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(basename $@).txt
UV_COMPILE = UV_CUSTOM_COMPILE_COMMAND='make lock' .venv-lock/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --annotation-style line --no-emit-index-url $(LOCK)

run: $(VENV)/serve.stamp
	@echo "Threadr on http://localhost:$(PORT) (Ctrl+C stops it, and waits for requests under way)"
	@exec $(PY) -m uvicorn functions.local:app --port $(PORT) $(SERVE)

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

# The annotated pages that extraction and threads are measured on, by name and hash, into bench/data.
bench-data: $(VENV)/serve.stamp
	@$(PY) -m bench.articles

soak: $(VENV)/dev.stamp $(VENV)/bench.stamp
	@$(PY) -m bench.soak

# FUZZ_SECONDS=900 make fuzz: longer than the five minutes.
fuzz: $(VENV)/dev.stamp
	@$(PY) -m bench.fuzz

package: $(VENV)/serve.stamp
	@$(PY) tools/package.py

# Writes the pins and hashes again: what pyproject.toml newly asks for; with LOCK=--upgrade the newest of all.
lock:
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet uv
	@$(UV_COMPILE) pyproject.toml --all-extras --output-file constraints.txt
	@printf 'aws-sam-translator\ncfn-lint\npyyaml\n' | $(UV_COMPILE) - --output-file tools/lint-requirements.txt

clean:
	rm -rf $(VENV) .venv-lint .venv-lock dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/made:
	@test -n "$(PYTHON)" || { echo "Threadr needs Python 3.11 to 3.14; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/serve.stamp: $(VENV)/made pyproject.toml constraints.txt tools/requirements.py
	@echo "Installing what the server needs, at the versions in constraints.txt …"
	@$(call install,serve)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/serve.stamp
	@echo "Installing what tests and checks need …"
	@$(call install,serve dev)
	@touch $@

$(VENV)/bench.stamp: $(VENV)/serve.stamp
	@echo "Installing what benchmarks compare with …"
	@$(call install,bench)
	@touch $@

.venv-lint/stamp: tools/lint-requirements.txt
	@echo "Making .venv-lint for the template linters (their pins want a place of their own) …"
	@$(PYTHON) -m venv .venv-lint
	@.venv-lint/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/lint-requirements.txt
	@touch $@
