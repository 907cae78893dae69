# Everything that one does with Regulars. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data
export UV_PYTHON_DOWNLOADS := never

.PHONY: big-upload api-fuzz pictures contact-safety honest-policy help install chromium demo serve test check lint types contracts bench bench-short bench-features bench-segments bench-form bench-programmes bench-report bench-uplift calibration calibration-full ladder seasons seasons-full false-profit lock quarter-effect translations vendor clean

help: ## list what can be done
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

install: $(VENV)/installed ## prepare .venv with everything, hashes checked

$(VENV)/installed: requirements/dev.lock requirements/installer.lock requirements/make-venv.sh pyproject.toml
	PYTHON='$(PYTHON)' bash requirements/make-venv.sh $(VENV)
	touch $@

demo: install ## load the sample shop, run its campaign to a report, serve it on 127.0.0.1:8000
	$(BIN)/regulars demo --data .demo

serve: install ## start Regulars on your own data
	$(BIN)/regulars serve

chromium: install
	bash requirements/ensure-for-tests.sh $(BIN)

test: install chromium ## all tests, the browser ones with a real Chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## strict types
	$(BIN)/mypy

contracts: install ## which layer may import which
	$(BIN)/lint-imports

check: lint types contracts test ## everything that must hold before a commit

false-profit: install ## how often a profit is proved where none can be, on real orders (needs DATA=folder)
	$(BIN)/python benchmarks/false_profit.py --data $(DATA) --salts 500
	$(BIN)/python benchmarks/false_profit.py --data $(DATA) --salts 500 --planted 2

quarter-effect: install ## does the interval of a quarter's effect hold a known truth? 200 small invented shops, some five minutes
	$(BIN)/python benchmarks/quarter_effect.py --shops 200

honest-policy: install ## what a chosen plan claims where every plan is worth exactly nothing; some ten minutes; writes docs/honest-policy.md
	$(BIN)/python benchmarks/honest_policy.py --runs 400 --held-out 0.5 0.1 --write docs/honest-policy.md

contact-safety: install ## does any history contact somebody barred, twice, or lose them? many random ones, and 10,000 mails through a server that drops the line; half an hour
	REGULARS_CONTACT_SAFETY=long $(BIN)/pytest -n0 -q -rP tests/platform/delivery/test_trouble.py tests/platform/delivery/test_nobody_barred_is_contacted.py

api-fuzz: install ## every operation of /api/v1 asked sixty times on the whole sample shop: no fault, no answer that the document does not know; some ten minutes
	REGULARS_API_EXAMPLES=60 REGULARS_API_SHOP=everything $(BIN)/pytest -n0 -q tests/web/api/test_fuzz.py

calibration: install ## do the intervals mean what they say? simulated shops, about a minute
	$(BIN)/python -m benchmarks.calibration

calibration-full: install ## the same with 10,000 repetitions a cell; writes docs/calibration.md
	$(BIN)/python -m benchmarks.calibration --full --progress --write docs/calibration.md --date "$$(date -u +%F)"

ladder: install ## does the ladder of thresholds find the best step? writes docs/ladder.md, minutes
	$(BIN)/python -m benchmarks.ladder --write docs/ladder.md

seasons: install ## what does following the verdicts earn? simulated seasons of campaigns, half a minute
	$(BIN)/python -m benchmarks.seasons

seasons-full: install ## the same with more seasons; writes docs/seasons.md
	$(BIN)/python -m benchmarks.seasons --full --write docs/seasons.md --date "$$(date -u +%F)"

bench: .bench/installed ## how fast the engine is beside its peers and the bare aggregation; writes docs/benchmarks.md
	$(BIN)/python -m benchmarks.engine --growth 1000000 5000000 10000000 25000000 50000000 --write docs/benchmarks.md --date "$$(date -u +%F)"

bench-features: install ## how long the features of a million customers take beside the bare group-by; some five minutes; writes docs/benchmarks-features.md
	$(BIN)/python benchmarks/features.py --write docs/benchmarks-features.md --date "$$(date -u +%F)"

bench-segments: install ## how long the segment builder counts over a million customers; writes docs/benchmarks-segments.md
	$(BIN)/python benchmarks/segments.py --write docs/benchmarks-segments.md --date "$$(date -u +%F)"

big-upload: install ## how a file of 3 GB arrives and is checked, and in how much memory; some ten minutes and 25 GB of disk; writes docs/uploads.md
	$(BIN)/python benchmarks/big_upload.py --gb 3 --write docs/uploads.md --date "$$(date -u +%F)"

bench-form: install ## how long the live side of a campaign's form takes over a million customers; writes docs/benchmarks-form.md
	$(BIN)/python benchmarks/campaign_form.py --write docs/benchmarks-form.md --date "$$(date -u +%F)"

bench-report: install ## how long the server takes for the report page with 20 readers, and how much it sends; some five minutes; writes docs/benchmarks-report.md
	$(BIN)/python benchmarks/report_page.py --write docs/benchmarks-report.md --date "$$(date -u +%F)"

bench-programmes: install ## how long a day's run of ten programmes takes over a million customers; writes docs/benchmarks-programmes.md
	$(BIN)/python benchmarks/programmes.py --write docs/benchmarks-programmes.md --date "$$(date -u +%F)"

bench-short: .bench/installed ## the same with a million customers, once
	$(BIN)/python -m benchmarks.engine --rows 1000000 --segments 1 500 --repetitions 1

bench-uplift: .bench/uplift-installed ## uplift learners beside public libraries on Hillstrom's campaign; writes docs/benchmarks-uplift.md
	$(BIN)/python -m benchmarks.uplift --data $(DATA) --write docs/benchmarks-uplift.md --date "$$(date -u +%F)"

.bench/uplift-installed: $(VENV)/installed requirements/bench-uplift.lock
	$(BIN)/uv venv -q --clear --python $(BIN)/python .bench/uplift
	$(BIN)/uv pip sync -q --compile-bytecode --python .bench/uplift/bin/python --require-hashes requirements/bench-uplift.lock
	touch $@

# the peers, in environments of their own: the product's stays as it is
.bench/installed: $(VENV)/installed requirements/bench.lock requirements/bench-gbstats.lock
	$(BIN)/uv venv -q --clear --python $(BIN)/python .bench/peers
	$(BIN)/uv pip sync -q --compile-bytecode --python .bench/peers/bin/python --require-hashes requirements/bench.lock
	$(BIN)/uv venv -q --clear --python $(BIN)/python .bench/gbstats
	$(BIN)/uv pip sync -q --compile-bytecode --python .bench/gbstats/bin/python --require-hashes requirements/bench-gbstats.lock
	touch $@

lock: install ## pin every dependency with its hashes
	$(BIN)/uv pip compile -q --no-header --generate-hashes --python-version 3.11 --universal --no-emit-index-url --no-annotate pyproject.toml --extra dev requirements/build.in -o requirements/dev.lock
	for peers in bench bench-gbstats bench-uplift; do $(BIN)/uv pip compile -q --no-header --generate-hashes --python-version 3.11 --universal --no-emit-index-url --no-annotate requirements/$$peers.in -o requirements/$$peers.lock; done

vendor: install ## fetch the third-party scripts of the pages again, checked by hash (needs npm)
	$(BIN)/python requirements/vendor.py

WORDS := web/regulars_web/translations

translations: install ## collect the words of all pages, merge them into the catalogues, draft zh_Hant from zh_Hans, compile
	mkdir -p build
	$(BIN)/pybabel -q extract -F $(WORDS)/babel.cfg -k lazy_gettext -k N_ --no-location --sort-output --omit-header -o build/messages.pot .
	for words in zh_Hans zh_Hant; do $(BIN)/pybabel -q update -i build/messages.pot -d $(WORDS) -l $$words --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date; done
	$(BIN)/python $(WORDS)/draft_traditional.py
	$(BIN)/pybabel compile -d $(WORDS) --statistics

pictures: install chromium ## pictures of every page, in every language, wide, narrow and dark, into build/pictures
	$(BIN)/python -m tests.pictures

guide-pictures: install chromium ## the pictures of the user guide, into docs/pictures
	$(BIN)/python -m tests.pictures --guide

clean: ## forget the environment and the demo
	rm -rf $(VENV) .demo .bench
