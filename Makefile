# Everything from a fresh clone. PYTHON chooses the interpreter (3.11 to 3.13) that .venv is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: venv smoke test bench bench-diffusion bench-metrics clean

venv: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "$(PYTHON) is not Python 3.11 to 3.13; name one that is: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[workflow,test]'
	touch $@

# Every replication on reduced data, to report.html.
smoke: venv
	$(BIN)/python -m genrep smoke

test: venv
	$(BIN)/python -m pytest

# The peers of the benchmark have an environment of their own: TensorFlow and torch pin different things.
.venvs/keras/.installed: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venvs/keras
	.venvs/keras/bin/python -m pip install --disable-pip-version-check -r benchmarks/peers/requirements.txt
	touch $@

bench: venv .venvs/keras/.installed
	$(BIN)/python benchmarks/run.py

bench-diffusion: venv
	$(BIN)/python -m benchmarks.diffusion

bench-metrics: venv
	$(BIN)/python -m benchmarks.metrics

# What minutes can make again; never runs or results of the larger scales, prepared data or environments.
clean:
	rm -rf runs/smoke results/smoke logs/smoke report.html .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
