# Tests. A unit test tests/unit/DIR/NAME_test.c mirrors DIR/NAME.c: it #includes that .c and links all other objects
# of its layer, so that statics are in reach (cmocka).
UNIT_SRC := $(sort $(wildcard tests/unit/*/*_test.c tests/unit/*/*/*_test.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))

# tests/unit/agent/send/spool_test -> everything of the agent but agent/send/spool.o and main.o
layer_src = $(if $(filter common/%,$(1)),,$(if $(filter agent/%,$(1)),$(AGENT_SRC),$(COLLECTOR_SRC)))
tested = $(patsubst $(B)/tests/%_test,%.c,$(1))
other_obj = $(filter-out %/obj/agent/main.o %/obj/collector/main.o $(call obj,$(call tested,$(1))),$(call obj,$(call layer_src,$(call tested,$(1)))) $(COMMON_OBJ))

.SECONDEXPANSION:
$(UNIT_BIN): $(B)/tests/%: $(B)/obj/tests/unit/%.o $$(call other_obj,$$@)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(LIBS_collector) cmocka) -lm -lpthread
$(patsubst %.c,$(B)/obj/%.o,$(UNIT_SRC)): $(B)/obj/%.o: %.c $(B)/gen/common/wire.pb-c.h
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(call flags,$(LIBS_collector)) -MMD -MP -c -o $@ $<

# One unit test: make unit-common/batch
UNIT_RUN := $(patsubst tests/unit/%_test.c,unit-%,$(UNIT_SRC))
.PHONY: $(UNIT_RUN)
$(UNIT_RUN): unit-%: $(B)/tests/%_test
	$<
