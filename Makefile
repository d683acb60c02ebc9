# One command each; `make` sets up what each needs, once. `make help` lists them.
.PHONY: run test test-browser screenshots coverage check check-deploy bench bench-check bench-data soak fuzz package deploy deploy-values invoke offline lock help clean
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))
# The first Python of a supported version; PYTHON=… overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && echo $$p && break; done)
# Every file is pinned by its hash, pip itself is the venv's own: what was not locked is not installed.
install = $(PY) tools/requirements.py $(1) > $(basename $@).txt && \
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(basename $@).txt
UV_COMPILE = UV_CUSTOM_COMPILE_COMMAND='make lock' .venv-lock/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --annotation-style line --no-emit-index-url $(LOCK)

run: $(VENV)/serve.stamp  ## serves everything on http://localhost:8001; PORT=… overrides; reads .env
	@exec $(PY) -m core.cli serve

# Three on two CPUs: a third of the time tests wait. The longest files go first (tests/conftest.py). Bytecode is written
# whatever the environment says, or each of the processes would compile the tests again.
test: $(VENV)/dev.stamp  ## all tests but those of test-browser and check-deploy
	@echo "Testing …"
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-browser: $(VENV)/dev.stamp  ## the pages in Chromium, CHROMIUM=… or what is found; skipped without one
	@echo "Testing the pages in Chromium …"
	@$(PY) -m pytest -m browser -n 2 --dist loadfile -rs tests/browser

screenshots: $(VENV)/dev.stamp  ## docs/screenshots/ again
	@mkdir -p docs/screenshots
	@SCREENSHOTS=docs/screenshots $(PY) -m pytest -m browser tests/browser/test_screenshots.py

# Measuring takes the tests half as long again.
coverage: $(VENV)/dev.stamp  ## the tests, with what they cover
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest
	@$(PY) -m coverage combine -q
	@$(PY) -m coverage report

check: $(VENV)/dev.stamp .venv-lint/stamp  ## style, types, templates
	@echo "Checking style, types and templates …"
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv-lint/bin/python tools/lint_templates.py

# What takes tools of hundreds of megabytes: SAM, Serverless, checkov, hadolint.
check-deploy: $(VENV)/dev.stamp .venv-lint/stamp .venv-sam/stamp .venv-checkov/stamp node_modules/stamp package  ## deployment, without AWS
	@echo "Checking templates, bundle and images with the tools that deploy them …"
	@PATH="$(CURDIR)/.venv-sam/bin:$(CURDIR)/.venv-checkov/bin:$$PATH" $(PY) -m pytest -m deploy -vv --durations 5 tests/deploy

bench: $(VENV)/dev.stamp $(VENV)/bench.stamp  ## benchmark tables; writes bench/results/ and docs/benchmarks.md
	@$(PY) -m bench

bench-check: $(VENV)/dev.stamp $(VENV)/bench.stamp  ## a short run, compared with bench/results/; names what got worse, fails on nothing
	@$(PY) -m bench --quick --check

bench-data: $(VENV)/serve.stamp  ## the annotated pages that bench measures on, by name and hash, into bench/data
	@$(PY) -m bench.articles

soak: $(VENV)/dev.stamp $(VENV)/bench.stamp  ## a service under faults
	@$(PY) -m bench.soak

fuzz: $(VENV)/dev.stamp  ## worst-case inputs for five minutes; FUZZ_SECONDS=… overrides
	@$(PY) -m bench.fuzz

# `make package deploy` says first what it lacks.
package: $(if $(filter deploy,$(MAKECMDGOALS)),deploy-values) $(VENV)/serve.stamp  ## dist/bundle.zip, for SAM and for Serverless; BYTECODE=no leaves bytecode out
	@$(PY) tools/package.py

deploy-values: $(VENV)/made
	@$(PY) tools/deploy.py --check

deploy: deploy-values  ## the bundle and template.yaml to AWS, with the SAM CLI
	@$(PY) tools/deploy.py

invoke: $(VENV)/dev.stamp  ## a function with one event: EVENT=events/generate.json [FUNCTION=generate]
	@$(PY) tools/invoke.py "$(EVENT)" "$(FUNCTION)"

offline: $(VENV)/serve.stamp node_modules/stamp  ## the functions behind a local gateway; PORT=… overrides
	@PORT=$${PORT:-8001} VIRTUAL_ENV="$(CURDIR)/$(VENV)" node_modules/.bin/osls offline

# Writes the pins and hashes again: what pyproject.toml newly asks for; with LOCK=--upgrade the newest of all.
lock:  ## the pins and hashes again; LOCK=--upgrade for the newest
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet uv
	@$(UV_COMPILE) pyproject.toml --all-extras --output-file constraints.txt
	@printf 'aws-sam-translator\ncfn-lint\npyyaml\n' | $(UV_COMPILE) - --output-file tools/lint-requirements.txt
	@printf 'aws-sam-cli\nhadolint-bin\n' | $(UV_COMPILE) - --output-file tools/sam-requirements.txt
	@printf 'checkov\n' | $(UV_COMPILE) - --output-file tools/checkov-requirements.txt

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "make %-14s%s\n", $$1, $$2 }'

clean:  ## removes what make has made
	rm -rf build *.egg-info $(VENV) .venv-lint .venv-sam .venv-checkov .venv-lock node_modules .serverless dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/made:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUPPORTED)' || \
		{ echo "Threadr needs Python 3.11 to 3.14, and $(or $(PYTHON),what was found) is none: set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/serve.stamp: $(VENV)/made pyproject.toml constraints.txt tools/requirements.py
	@echo "Installing what the server needs, at the versions in constraints.txt …"
	@$(call install,serve)
	@printf '#!%s\nimport sys\n\nsys.path.insert(0, "%s")\nfrom core.cli.main import main\n\nmain()\n' \
		"$(abspath $(PY))" "$(CURDIR)" > $(VENV)/bin/threadr && chmod +x $(VENV)/bin/threadr
	@touch $@

$(VENV)/dev.stamp: $(VENV)/serve.stamp
	@echo "Installing what tests and checks need …"
	@$(call install,serve dev)
	@touch $@

$(VENV)/bench.stamp: $(VENV)/serve.stamp
	@echo "Installing what benchmarks compare with …"
	@$(call install,bench)
	@touch $@

# Their pins want places of their own. They are whole, so nothing is resolved: pip 23 knows no pin of an extra.
.venv-lint/stamp .venv-sam/stamp .venv-checkov/stamp: .venv-%/stamp: tools/%-requirements.txt
	@echo "Making .venv-$* …"
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@touch $@

node_modules/stamp: package.json
	@command -v npm >/dev/null || { echo "Serverless needs Node.js 20 or later; npm was not found." >&2; exit 1; }
	@echo "Installing Serverless (osls) …"
	@npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@
