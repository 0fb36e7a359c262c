# hubspot-engagements: `make extract load report`, and `make` alone for help.
# Needs GNU make and npm. Node itself comes with `npm ci` on Linux; elsewhere your own Node ≥ 22.19 serves.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# Types need not be stripped anew at every start, nor by every thread.
export NODE_COMPILE_CACHE ?= $(CURDIR)/node_modules/.cache/node
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:
.PHONY: help setup extract transform load report report-html status verify show prune demo db psql test check format bench clean

# ARGS goes to the one stage named; with several it is unclear which of them is meant.
ifdef ARGS
ifneq ($(words $(MAKECMDGOALS)),1)
$(error ARGS goes to one target: run them one after the other)
endif
endif

INSTALLED := node_modules/.installed
CLI := ./engagements
# The command line then says make where it advises what to run next, unless that is on its way.
export ENGAGEMENTS_GOALS := $(MAKECMDGOALS)
# The demo keeps to itself, whatever .env says.
DEMO := env -u HUBSPOT_API_URL -u HUBSPOT_CLIENT_ID -u HUBSPOT_CLIENT_SECRET -u HUBSPOT_REFRESH_TOKEN -u HUBSPOT_TYPES -u DATABASE_URL HUBSPOT_ACCESS_TOKEN=demo DATA_DIR=data/demo $(CLI)
DEMO_ARGS := --settings-file /dev/null

help: ## Show this help
	@echo 'usage: make <target> [ARGS="options of that command"]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'the main job:      make extract load report'
	@echo 'options of a stage: make report ARGS=--help'

setup: $(INSTALLED) ## Install what is needed (every target does so by itself)

extract: $(INSTALLED) ## Fetch engagements from HubSpot into data/raw
	@$(CLI) extract $(ARGS)

transform: $(INSTALLED) ## Normalize raw runs into data/ndjson
	@$(CLI) transform $(ARGS)

load: $(INSTALLED) ## Transform, then merge into Postgres
	@$(CLI) load --transform $(ARGS)

report: $(INSTALLED) ## Show engagements per day by type, with the 14-day average
	@$(CLI) report $(ARGS)

report-html: $(INSTALLED) ## Write the report as a page to send on: data/report.html, or ARGS='--out FILE'
	@$(CLI) report --format html --out '$(or $(DATA_DIR),data)/report.html' $(ARGS)

status: $(INSTALLED) ## List the runs, where each stands, and what is next
	@$(CLI) status $(ARGS)

verify: $(INSTALLED) ## Hash every file of the archive against its journals
	@$(CLI) verify $(ARGS)

show: $(INSTALLED) ## Print the archived versions of one engagement: ARGS=<id>
	@$(CLI) show $(ARGS)

prune: $(INSTALLED) ## List superseded runs; remove them with ARGS='… --yes'
	@$(CLI) prune $(ARGS)

# A full run; the changes after the portal changed; a full run again, which finds what was deleted.
demo: $(INSTALLED) ## Watch the job on a made-up portal that changes, in data/demo
	@$(DEMO) extract $(DEMO_ARGS) --full --demo-step 0
	@$(DEMO) load --transform $(DEMO_ARGS)
	@$(DEMO) extract $(DEMO_ARGS) --demo-step 1
	@$(DEMO) load --transform $(DEMO_ARGS)
	@$(DEMO) extract $(DEMO_ARGS) --full --demo-step 1
	@$(DEMO) load --transform $(DEMO_ARGS)
	@$(DEMO) report $(DEMO_ARGS)

db: $(INSTALLED) ## Print the connection string and keep the embedded Postgres up
	@$(CLI) db $(ARGS)

psql: $(INSTALLED) ## Open psql on the database
	@$(CLI) psql $(ARGS)

test: $(INSTALLED) ## Run the tests
	@vitest run $(ARGS)

check: $(INSTALLED) ## Check format, lint, types and what each room imports
	@biome ci --error-on-warnings
	@node scripts/check-rooms.ts
	@tsc

format: $(INSTALLED) ## Format the code, apply safe fixes, fill the documents' generated parts
	@biome check --write
	@node scripts/documents.ts

bench: $(INSTALLED) ## Measure speed, as ratios within one run
	@node scripts/bench.ts $(ARGS)

clean: ## Remove installed packages; data stays
	rm -rf node_modules

$(INSTALLED): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'error: npm is missing: install Node.js with npm first' >&2; exit 2; }
	npm ci --include=dev --include=optional --no-audit --no-fund --no-update-notifier --loglevel=error
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 19) ? 0 : 1)' || \
	  { echo "error: Node $$(node --version) is too old, and npm has none for this platform: install Node 22.19 or newer" >&2; exit 2; }
	@touch $@
