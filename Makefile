# make app: everything it needs, then the dashboard.   make test: everything it needs, then all tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_WAIT_POLICY ?= PASSIVE
# An answer multiplies many small matrices: a second thread for each of them costs twice the processor time and saves nobody any.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: app test lint browser database messages screenshots clean

app: $(VENV)/.app
	$(BIN)/python -m streamlit run pages/_ui/secured.py

test: $(VENV)/.test browser database
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q

$(VENV)/.app: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: requirements.txt tests/requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt
	touch $@ $(VENV)/.app

# Debian's Chromium when root (it comes with its libraries), otherwise Playwright's own download.
browser: $(VENV)/.test
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium; \
	else $(BIN)/playwright install chromium; fi

# Debian's PostgreSQL when root, for the tests that start one; where it cannot be installed those tests are skipped, except in CI.
database:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q postgresql; \
	else echo "PostgreSQL is not installed; its tests will be skipped"; fi

# Collect every marked string into the catalogue; new ones wait there for their Chinese.
messages: $(VENV)/.test
	$(BIN)/pybabel -q extract --ignore-dirs='.*' -k N_ -k _ --no-location -o assets/locale/liftboard.pot promo_core pages app.py
	$(BIN)/pybabel -q update -D liftboard -i assets/locale/liftboard.pot -d assets/locale -l zh --no-fuzzy-matching --ignore-obsolete -w 160
	rm assets/locale/liftboard.pot

screenshots: $(VENV)/.test browser
	$(BIN)/python -m benchmarks.screenshots

clean:
	rm -rf $(VENV) .liftboard
