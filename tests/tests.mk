# Tests. A unit test tests/unit/DIR/NAME_test.c mirrors DIR/NAME.c: it #includes that .c and links all other objects
# of its layer, so that statics are in reach (cmocka).
UNIT_SRC := $(sort $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))

# tests/unit/agent/send/spool_test -> everything of the agent but agent/send/spool.o and main.o
layer_src = $(if $(filter common/mail/%,$(1)),$(MAIL_SRC),$(if $(filter common/%,$(1)),,$(if $(filter agent/witness/%,$(1)),$(WITNESS_ALL),$(if $(filter agent/%,$(1)),$(AGENT_SRC),$(COLLECTOR_SRC)))))
tested = $(patsubst $(B)/tests/%_test,%.c,$(1))
other_obj = $(filter-out %/obj/agent/main.o %/obj/agent/witness/main.o %/obj/collector/main.o $(call obj,$(call tested,$(1))),$(call obj,$(call layer_src,$(call tested,$(1)))) $(COMMON_OBJ))

.SECONDEXPANSION:
$(UNIT_BIN): $(B)/tests/%: $(B)/obj/tests/unit/%.o $$(call other_obj,$$@)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(LIBS_collector) $(LIBS_agent) cmocka) -lm -lpthread
$(patsubst %.c,$(B)/obj/%.o,$(UNIT_SRC)): $(B)/obj/%.o: %.c $(B)/gen/common/wire.pb-c.h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(call flags,$(LIBS_collector) $(LIBS_agent)) -MMD -MP -c -o $@ $<

# One unit test: make unit-common/batch
UNIT_RUN := $(patsubst tests/unit/%_test.c,unit-%,$(UNIT_SRC))
.PHONY: $(UNIT_RUN)
$(UNIT_RUN): unit-%: $(B)/tests/%_test
	$<

# Fuzzers: tests/fuzz/NAME_fuzz.c holds LLVMFuzzerTestOneInput. `make check` runs them briefly under gcc's sanitizers
# with tests/fuzz/driver.c; `make fuzz` with clang's libFuzzer for SECONDS each.
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
SECONDS ?= 60
FUZZ_LAYERS = $(COMMON_SRC) $(filter-out agent/main.c,$(AGENT_SRC)) $(B)/gen/common/wire.pb-c.c

$(B)/fuzz/lib.a: $(FUZZ_LAYERS) $(wildcard common/*.h agent/*.h agent/*/*.h)
	@mkdir -p $(B)/fuzz/obj && rm -f $@
	$(call say,AR,$@)
	$(Q)cd $(B)/fuzz/obj && for f in $(FUZZ_LAYERS); do $(CC) -std=c11 -D_GNU_SOURCE -I$(CURDIR) -I$(CURDIR)/$(B)/gen -g -O1 \
		-fsanitize=address,undefined -fno-sanitize-recover=undefined $(FUZZ_FLAGS) -DSANSANG_VERSION='"$(VERSION)"' \
		$(call flags,$(LIBS_agent)) -c -o $$(echo $$f | tr / _).o $(CURDIR)/$$f || exit 1; done
	$(Q)ar rcs $@ $(B)/fuzz/obj/*.o
$(FUZZ_BIN): $(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(B)/fuzz/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -I. -I$(B)/gen -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined $(FUZZ_FLAGS) \
		-o $@ $(filter-out $(if $(FUZZ_FLAGS),tests/fuzz/driver.c),$^) $(call libs,$(LIBS_agent)) -lm -lpthread

.PHONY: tests-build fuzz
tests-build: $(UNIT_BIN) $(FUZZ_BIN) $(B)/swarm $(B)/simulate $(B)/probes $(B)/snmp $(B)/linkemu
fuzz:
	@packaging/deps.sh build full
	@$(MAKE) --no-print-directory B=build-fuzz CC=clang FUZZ_FLAGS=-fsanitize=fuzzer $(patsubst $(B)/%,build-fuzz/%,$(FUZZ_BIN))
	@for f in $(patsubst $(B)/%,build-fuzz/%,$(FUZZ_BIN)); do echo "== $$f"; mkdir -p $$f.corpus; \
		$$f -max_total_time=$(SECONDS) -print_final_stats=1 -verbosity=0 -artifact_prefix=build-fuzz/ $$f.corpus || exit 1; done

# Tools of tests, bench and demo: many real agents in one process.
FLEET_OBJ := $(call obj,tests/bench/fleet.c tests/bench/fleet_keys.c tests/bench/ask.c)
$(B)/simulate: $(call obj,tests/bench/simulate.c tests/bench/model.c) $(FLEET_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common)) -lm -lpthread
$(B)/swarm: $(call obj,tests/bench/swarm.c tests/bench/known.c) $(FLEET_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common) librrd) -lm -lpthread
# Judge with a year in its memory, when 99 sites go dark at once.
$(B)/storm: $(call obj,tests/bench/storm.c $(filter-out collector/main.c,$(COLLECTOR_SRC))) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_collector)) -lm -lpthread
# The real prober, as fast as it goes.
PROBE_OBJ := $(call obj,$(wildcard agent/probe/*.c))
$(B)/probes: $(call obj,tests/bench/probes.c tests/bench/distance.c) $(PROBE_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common) libcares) -lm -lpthread
# The real poller on make-believe switches.
POLL_OBJ := $(call obj,$(filter-out agent/poll/poller.c,$(wildcard agent/poll/*.c)))
$(B)/snmp: $(call obj,tests/bench/snmp.c tests/bench/snmp_device.c) $(POLL_OBJ) $(COMMON_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,$(LIBS_common) netsnmp) -lm -lpthread
# A bad wire between two interfaces, for the fault lab.
$(B)/linkemu: tests/lab/faults/linkemu.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -O2 -std=gnu11 -Wall -Wextra -o $@ $<
