# Everything here but `core` works in .venv, which the first target that needs it builds from pyproject.toml and constraints.txt.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test core check docs bench calibrate frameworks formats engines faults lock locked clean

demo: .venv/installed
	$(BIN)/kleiber demo --out demo

test: .venv/tests
	$(BIN)/pytest -n 2

# The core alone, without a package that only a study needs: its own tests, but the slow ones, in an environment of its own.
core: .venv-core/installed
	.venv-core/bin/pytest -n 2 -m "not slow"

check: .venv/tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The site, in build/site: its own environment, warnings are errors, then every link is followed within it.
docs: .venv-docs/installed
	rm -rf build/site docs/api docs/auto_gallery
	.venv-docs/bin/sphinx-build -W --keep-going -q -d build/doctrees docs build/site
	.venv-docs/bin/python -m dev.check_site build/site

bench: .venv/tests
	for file in benchmarks/*.py; do $(BIN)/python -m benchmarks.$$(basename $$file .py) || exit 1; done

# Needs the public curves in KLEIBER_BENCH; writes the table that kleiber ships and those of its benchmark.
calibrate: .venv/tests
	$(BIN)/python -m dev.calibrate

# Models of other packages, at the versions that were tried, in an environment of their own.
frameworks: .venv-frameworks/installed
	.venv-frameworks/bin/pytest tests/trainers/test_frameworks.py tests/trainers/test_net_frameworks.py

.venv-frameworks/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,test]' \
	  accelerate==1.15.0 keras==3.15.1 lightgbm==4.7.0 lightning==2.6.6 skorch==1.4.0 transformers==5.23.0 xgboost-cpu==3.2.0
	touch $@

# Workers, nodes, schedulers and drivers of Ray, Dask and submitit are killed under a study: a line for each check.
engines: .venv/tests
	$(BIN)/python -m dev.engines

# Kills, full disks, torn files and wrong data, one line a check; writes docs/reliability.md. Linux, about half an hour.
faults: .venv/tests
	KLEIBER_FAULTS=1 $(BIN)/python -m dev.faults --write

# Real trackers and frameworks write studies, and kleiber reads them: every n, seed and value must be the same.
# What clashes has an environment of its own: one for each file of dev/formats/packages, and one for kleiber, which reads.
FORMATS := $(patsubst dev/formats/packages/%.txt,.venv-formats/%/installed,$(wildcard dev/formats/packages/*.txt))

formats: .venv-formats/kleiber/installed $(FORMATS)
	.venv-formats/kleiber/bin/python -m dev.formats

.venv-formats/kleiber/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[import]'
	touch $@

.venv-formats/%/installed: dev/formats/packages/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kleiber needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

.venv/tests: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,test]'
	touch $@

.venv-core/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-core
	.venv-core/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . \
	  hypothesis pandas polars pytest pytest-xdist pyyaml
	touch $@

.venv-docs/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

# Every package of the core and of these extras, with what it needs itself, by version and hash. PyTorch is not in it: which
# of its builds is right depends on the machine.
lock: .venv-lock/installed
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command 'make lock' -c constraints.txt --extra run --extra web --extra import --extra plot \
	  --extra sklearn --output-file lock.txt pyproject.toml dev/build.txt

# A clean install of nothing but what lock.txt has, each file checked against its hash.
locked:
	rm -rf .venv-locked
	$(PYTHON) -m venv .venv-locked
	.venv-locked/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r lock.txt
	.venv-locked/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation .
	.venv-locked/bin/python -m pip check
	cd / && $(CURDIR)/.venv-locked/bin/kleiber --help > /dev/null

.venv-lock/installed:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	touch $@

clean:
	rm -rf .venv .venv-core .venv-lock .venv-locked .venv-docs .venv-formats .venv-frameworks demo build dist docs/api docs/auto_gallery
