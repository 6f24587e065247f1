# Beyond the Kernel. `make book` builds the book, `make test` runs every check.
# Both set up what they need in .venv on the first call; `make help` lists the rest.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
HTML   := _build/html
PORT   ?= 8000
PYTEST := $(BIN)/python -m pytest
# Two workers, one thread each: fast on two cores, and the same sums on every machine.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
TWO_WORKERS := $(ONE_THREAD) $(PYTEST) -n 2 --dist loadfile

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-test setup-browser book serve zip pdf test test-fast static unit \
        notebooks pages gates sweep bench refresh chapter fork-url clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# --- set up ---------------------------------------------------------------------

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.book: $(VENV)/.python requirements.txt constraints.txt pyproject.toml
	$(BIN)/python -m pip install -q -r requirements.txt -c constraints.txt
	$(BIN)/python -m pip install -q --no-deps -e .
	@touch $@

$(VENV)/.test: $(VENV)/.book requirements-dev.txt
	$(BIN)/python -m pip install -q -r requirements-dev.txt -c constraints.txt
	@touch $@

setup: $(VENV)/.book ## install what the book needs
setup-test: $(VENV)/.test setup-browser ## install what the tests need as well
setup-browser: $(VENV)/.test
	@$(BIN)/python scripts/browser.py

# --- the book -------------------------------------------------------------------

book: $(VENV)/.book ## build the book into _build/html
	$(BIN)/jupyter-book build . --all -W --keep-going --quiet
	@echo "The book is in $(HTML)/index.html"

serve: book ## build the book and serve it on localhost:8000
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(HTML)

zip: book ## the built book as one file to hand out; it opens without a server
	$(BIN)/python scripts/zip_book.py $(HTML) _build/beyond-the-kernel.zip

pdf: setup-test book ## the built book as one PDF, with page numbers and contents
	$(BIN)/python scripts/pdf.py $(HTML) _build/beyond-the-kernel.pdf

# --- the checks -----------------------------------------------------------------

test: setup-test static unit notebooks book pages gates ## set up and run every check
	@echo "All checks passed."

test-fast: $(VENV)/.test static ## the checks that take less than two minutes
	$(TWO_WORKERS) -q tests lib --doctest-modules -m "not slow" \
	  --ignore=tests/pages --ignore=tests/test_gates.py

static: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.test
	$(TWO_WORKERS) -q tests lib --doctest-modules \
	  --ignore=tests/pages --ignore=tests/test_gates.py

notebooks: $(VENV)/.test
	$(TWO_WORKERS) -q book --nbval-lax --nbval-current-env

pages: $(VENV)/.test
	$(PYTEST) -q tests/pages

gates: $(VENV)/.test
	$(TWO_WORKERS) -q tests/test_gates.py

# --- the numbers ----------------------------------------------------------------

WORKERS ?= 2
sweep: $(VENV)/.book ## recompute the tables (NAME=kernel-vs-network WORKERS=2)
	$(ONE_THREAD) $(BIN)/python -m beyond_the_kernel sweep \
	  $(or $(NAME),kernel-vs-network) --workers $(WORKERS)

bench: $(VENV)/.test ## time the library beside its peers
	$(BIN)/python -m benchmarks

# --- the rest -------------------------------------------------------------------

refresh: $(VENV)/.test ## run a notebook and store its checked numbers (NOTEBOOK=...)
	$(ONE_THREAD) $(BIN)/python scripts/refresh.py $(NOTEBOOK)

chapter: $(VENV)/.book ## copy the template of a chapter (NAME=part/title LETTERS=abc)
	$(BIN)/python scripts/new_chapter.py $(NAME) $(LETTERS)

fork-url: ## point every link at your fork: make fork-url URL=https://github.com/you/book
	python3 scripts/fork_url.py $(URL)

clean: ## remove what was built; the virtual environment stays
	rm -rf _build
