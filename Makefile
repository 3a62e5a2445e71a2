# Sẵn Sàng. One makefile, no recursion; everything it makes lands in $(B).
#
#   make            build/sansang-agent, build/sansang-collector, build/sansang, build/dashboards
#   make deps       install what building and testing needs (Debian 12)
#   make demo       a province to look at          make check        every test
#   make SAN=address|undefined|thread ...          CC=clang ...

SAN ?=
# make V=1 shows whole commands
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)  $(2)')
B := build$(if $(SAN),-$(SAN))$(if $(findstring clang,$(CC)),-clang)
VERSION := 0.1.0
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config

LIBS_common := libuv openssl yaml-0.1 jansson libseccomp libprotobuf-c
LIBS_agent := $(LIBS_common) sqlite3 libcares netsnmp
LIBS_collector := $(LIBS_common) sqlite3 librrd libcurl libwebsockets libargon2

ifeq ($(shell command -v $(PKG_CONFIG) && $(PKG_CONFIG) --exists $(LIBS_agent) $(LIBS_collector) && command -v protoc-c npm),)
ifeq ($(filter deps demo check check-full bench lab fuzz clean,$(MAKECMDGOALS)),)
$(error packages are missing: run `make deps` as root, or see the line that `packaging/deps.sh build` prints)
endif
endif

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-format-nonliteral $(if $(SAN),-Wno-format-truncation)
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=$(if $(SAN),0,2)
OPT := $(if $(SAN),-O1 -g -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all,-O2 -g)
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -I$(B)/gen $(OPT) $(WARN) $(HARDEN) -DSANSANG_VERSION='"$(VERSION)"' $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

COMMON_SRC := $(sort $(wildcard common/*.c))
MAIL_SRC := $(sort $(wildcard common/mail/*.c))
WITNESS_SRC := $(sort $(wildcard agent/witness/*.c))
WITNESS_ALL := $(WITNESS_SRC) $(MAIL_SRC) agent/config.c
AGENT_SRC := common/mail/keys.c $(filter-out $(WITNESS_SRC),$(sort $(wildcard agent/*.c agent/*/*.c)))
CTL_SRC := $(sort $(wildcard collector/sansang*.c))
COLLECTOR_SRC := $(MAIL_SRC) $(filter-out $(CTL_SRC),$(sort $(wildcard collector/*.c collector/*/*.c)))
GEN_OBJ := $(B)/gen/common/wire.pb-c.o
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
COMMON_OBJ := $(call obj,$(COMMON_SRC)) $(GEN_OBJ)

.PHONY: all
all: $(B)/sansang-agent $(B)/sansang-witness $(B)/sansang-collector $(B)/sansang $(B)/dashboards/index.html

include tests/tests.mk

flags = $(shell $(PKG_CONFIG) --cflags $(1))
libs = $(shell $(PKG_CONFIG) --libs $(1))

$(B)/sansang-agent: $(call obj,$(AGENT_SRC)) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_agent)) -lm -lpthread
# Started by the agent where agent.yaml has `witness:`; apart, so that no other agent carries a mail library.
$(B)/sansang-witness: $(call obj,$(WITNESS_ALL)) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common) libcurl) -lm -lpthread
$(B)/sansang-collector: $(call obj,$(COLLECTOR_SRC)) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_collector)) -lm -lpthread
$(B)/sansang: $(call obj,$(CTL_SRC)) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common)) -lm -lpthread

$(B)/obj/%.o: %.c $(B)/gen/common/wire.pb-c.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(call flags,$(LIBS_collector) $(LIBS_agent)) -MMD -MP -c -o $@ $<
$(B)/gen/common/wire.pb-c.c $(B)/gen/common/wire.pb-c.h &: common/wire.proto
	@mkdir -p $(B)/gen
	$(Q)protoc-c --c_out=$(B)/gen $<
$(GEN_OBJ): $(B)/gen/common/wire.pb-c.c
	$(Q)$(CC) $(filter-out -Werror -Wmissing-prototypes,$(ALL_CFLAGS)) -MMD -MP -c -o $@ $<

# The dashboard: npm's locked packages, bundled by esbuild into static files.
DASH_SRC := $(wildcard dashboards/*.json dashboards/*.mjs dashboards/src/*.ts* dashboards/src/*/*.ts* dashboards/src/*.css dashboards/src/*.html dashboards/i18n/*.json)
$(B)/dashboards/index.html: $(DASH_SRC)
	cd dashboards && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error; }
	cd dashboards && node build.mjs ../$(B)/dashboards

# ---- what people call ----

.PHONY: deps demo check check-full lab bench install
deps:
	@packaging/deps.sh build test
demo:
	@packaging/deps.sh build
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/simulate
	@B=$(B) examples/lao-cai/demo.sh
check:
	@packaging/deps.sh build test
	@$(MAKE) --no-print-directory -j$(JOBS) all tests-build
	@B=$(B) tests/run.sh

bench:
	@packaging/deps.sh build test bench
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/swarm $(B)/probes $(B)/snmp $(B)/storm
	@B=$(B) node tests/bench/bench.mjs $(JOB)

# Slow analyses: other compiler, sanitizers over the unit tests, static analysis, format, fuzzers, many kills.
check-full:
	@packaging/deps.sh build test full
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/swarm
	@$(MAKE) --no-print-directory CC=clang -j$(JOBS) build-clang/sansang-agent build-clang/sansang-collector build-clang/sansang
	@for san in address undefined; do \
		SANSANG_SANDBOX=off $(MAKE) --no-print-directory SAN=$$san -j$(JOBS) tests-build && \
		SANSANG_SANDBOX=off B=build-$$san tests/run.sh units || exit 1; done
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
		--suppress=unknownMacro -I. -I$(B)/gen common agent collector tests/bench
	@git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
	@$(MAKE) --no-print-directory fuzz SECONDS=20
	@B=$(B) node --test --test-concurrency=1 $(patsubst %,tests/lab/%.test.mjs,oncall quality people witness)
	@KILLS=1000 B=$(B) node --test tests/lab/kill.test.mjs

# Every fault on real provinces in network namespaces, with a score sheet: make lab [FAULT=carrier,poweroff] [JOBS=provinces side by side] [NOISE=minutes]
lab:
	@packaging/deps.sh build test
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/linkemu
	@B=$(B) FAULT='$(FAULT)' JOBS=$(JOBS) node tests/lab/fault_lab.mjs

JOBS := $(shell nproc)

install: all
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(B)/sansang
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $(B)/sansang-agent $(B)/sansang-witness $(B)/sansang-collector
	install -d $(DESTDIR)$(PREFIX)/share/sansang
	rm -rf $(DESTDIR)$(PREFIX)/share/sansang/dashboards
	cp -r $(B)/dashboards $(DESTDIR)$(PREFIX)/share/sansang/
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/sansang/examples/lao-cai examples/lao-cai/*.*

.PHONY: clean
clean:
	rm -rf build build-*

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
