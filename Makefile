# A thin front to CMake: what people type. Everything else is in CMakeLists.txt.
#
#   make           build the library, the command and the demo's worker, into build/
#   make demo      workers that fight over real git repositories; LOCK=off shows the damage,
#                  JOBS=n how many jobs, URL=... another backend, URL=redis:auto a Redis
#                  server of its own, killed and started again; URL=quorum:auto five,
#                  of which one is killed
#   make test      all tests
#   make test-bindings  those of the bindings alone, for each language that is there
#   make fault-table  the fault tests for longer, as a table, which goes into docs/guarantees.md;
#                  TIMES=5 the runs, SEEDS=5 seeds
#   make model     the models of the protocol at their full size
#   make sim       the simulator for longer: SEEDS=100000 runs, over Redis and over several servers as
#                  many; SEED=n replays one, SIM=redis, quorum or core, with its trace
#   make bench     the figures, beside those of the bare system calls
#   make bench-redis  those of the Redis lock, beside redis-benchmark and node-redlock
#   make install   PREFIX=/usr/local DESTDIR=
#   make sanitize  the tests again with ASan and UBSan, then with TSan
#   make fuzz      the parsers and the lock file under libFuzzer, SECONDS=60 each
#   make lint      format, clang-tidy, shellcheck, the doors of the house
#   make format    lay out the sources
#   make docs      the public headers as pages, into build/docs
#   make deps      install what any of these needs and the system lacks
#   make clean     remove build/

PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
TIMES ?= 5
SIM ?= redis
cores := $(shell nproc 2>/dev/null || echo 2)

# cmake makes its own flags for the make beneath it.
unexport MAKEFLAGS
.NOTPARALLEL:
.PHONY: build demo test test-bindings fault-table model bench bench-redis install sanitize asan-ubsan tsan fuzz lint format docs deps clean help sim

# $(call built,PRESET): configured once, built each time.
built = cmake --preset $(1) -Wno-dev --log-level=WARNING && \
	cmake --build --preset $(1) --parallel $(cores)
# $(call tested,PRESET): leaves the results in its build directory, for .ci/run to add up. Many tests
# wait for something most of the time: twice as many as there are cores are under way at once.
tested = ctest --preset $(1) --parallel $$((2 * $(cores))) --output-junit tests.xml

build:
	@.ci/deps build
	@$(call built,release)

demo:
	@.ci/deps build demo $(if $(filter redis:auto quorum:auto,$(URL)),demo-redis)
	@$(call built,release)
	@BUILD=build python3 bindings/c/examples/demo

test:
	@.ci/deps build test
	@$(call built,test)
	@$(call tested,test)

test-bindings:
	@.ci/deps build test
	@$(call built,test)
	@$(call tested,test) --label-regex '^(bindings|conformance)$$'

fault-table:
	@.ci/deps build test
	@$(call built,test)
	@tests/fault/table --times $(TIMES) --seeds $(or $(SEEDS),5) \
		--write docs/guarantees.md

sim:
	@.ci/deps build test
	@$(call built,test)
ifdef SEED
	@build/tests/sim_$(SIM) --seed $(SEED) --trace
else
	@build/tests/sim_core --seeds $(or $(SEEDS),100000)
	@build/tests/sim_redis --seeds $(or $(SEEDS),100000)
	@build/tests/sim_quorum --seeds $(or $(SEEDS),100000)
endif

model:
	@.ci/deps build test
	@tests/model/run --full

bench:
	@.ci/deps build demo
	@$(call built,release)
	@BUILD=build tests/bench/run

bench-redis:
	@.ci/deps build bench-redis
	@$(call built,release)
	@BUILD=build tests/bench/run_redis

install: build
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)"

sanitize: asan-ubsan tsan

asan-ubsan tsan:
	@.ci/deps build test
	@$(call built,$@)
	@$(call tested,$@)

fuzz:
	@.ci/deps build test fuzz
	@$(call built,fuzz)
	@tests/fuzz/run $(SECONDS)

lint:
	@.ci/deps build test lint
	@cmake --preset lint -Wno-dev --log-level=WARNING
	@.ci/lint

format:
	@.ci/deps lint
	@.ci/lint --format

docs:
	@.ci/deps docs
	@mkdir -p build
	@doxygen docs/doxygen/Doxyfile

deps:
	@.ci/deps build test demo lint fuzz docs

clean:
	@rm -rf build

help:
	@sed -n '/^#   make/s/^#   //p;/^#    /s/^#   //p' Makefile
