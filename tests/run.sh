#!/bin/bash
# run.sh [units]: runs every test of `make check` (or the unit tests only) and ends with "N passed, N failed". Each part prints its own lines;
# what was skipped is said with its reason.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
passed=0 failed=0 skipped=0 failures=""

# record NAME STATUS
record() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		failures="$failures $1"
	fi
}

unit() {
	local bin=$1 name=${1#"$B"/tests/} out status ok bad skip
	out=$(timeout 300 "$bin" 2>&1)
	status=$?
	ok=$(grep -c '^\[       OK \]' <<<"$out")
	# cmocka names a failed or skipped test when it runs and again at the end
	bad=$(grep '^\[  FAILED  \] [a-z]' <<<"$out" | sort -u | wc -l)
	skip=$(grep '^\[  SKIPPED \] [a-z]' <<<"$out" | sort -u | wc -l)
	# a crash ends the run without naming a failed test
	[ $status = 0 ] || [ "$bad" != 0 ] || bad=1
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
	if [ "$bad" != 0 ]; then
		failures="$failures $name"
		printf '%s\n' "$out" | tail -40
	fi
	printf '%-44s %3d ok%s%s\n' "$name" "$ok" "$([ "$bad" = 0 ] || echo ", $bad FAILED")" "$([ "$skip" = 0 ] || echo ", $skip skipped")"
}

lint() {
	local out
	out=$("$@" 2>&1)
	local status=$?
	record "$1" $status
	printf '%-44s %s\n' "$1" "$([ $status = 0 ] && echo ok || printf 'FAILED\n%s' "$out")"
}

# Node's own runner tells its counts in lines such as "# pass 12".
node_tests() {
	local out log status ok bad skip
	log=$(mktemp)
	timeout 2100 node --test --test-reporter=tap --test-concurrency=1 "$@" 2>&1 |
		tee "$log" | grep --line-buffered -E '^ *(not )?ok |# SKIP' | sed -u 's/^\(.\{160\}\).*/\1/'
	status=${PIPESTATUS[0]}
	out=$(cat "$log")
	rm -f "$log"
	ok=$(sed -n 's/^# pass //p' <<<"$out")
	bad=$(sed -n 's/^# fail //p' <<<"$out")
	skip=$(sed -n 's/^# skipped //p' <<<"$out")
	[ $status = 0 ] || [ "${bad:-0}" != 0 ] || bad=1
	passed=$((passed + ${ok:-0})) failed=$((failed + ${bad:-0})) skipped=$((skipped + ${skip:-0}))
	if [ "${bad:-0}" != 0 ]; then
		failures="$failures $*"
		grep -vE '^ *(ok|#|---|\.\.\.|duration_ms|type)' <<<"$out" | tail -80
	fi
}

finish() {
	[ -z "$failures" ] || printf 'failed:%s\n' "$failures"
	[ $skipped = 0 ] || printf '%d skipped, reasons above\n' $skipped
	printf '%d passed, %d failed\n' $passed $failed
	[ $failed = 0 ]
	exit
}

if [ "${1:-}" = units ]; then
	for t in $(find "$B/tests" -name '*_test' -type f | sort); do unit "$t"; done
	finish
fi
echo "== lints"
for l in tests/lint/*.sh; do lint "$l" "$B"; done
echo "== unit tests"
for t in $(find "$B/tests" -name '*_test' -type f | sort); do unit "$t"; done
echo "== fuzzers, briefly"
for f in $(find "$B/fuzz" -type f -perm -u+x 2>/dev/null | sort); do lint "$f" "${FUZZ_RUNS:-20000}"; done
echo "== the whole way, in real processes"
# the long waits are for `make check-full`: one after the other, for they share this host's interfaces
slow='oncall|quality|people|witness|fault_core'
node_tests $(ls tests/lab/*.test.mjs | grep -vE "/($slow)\.")
node_tests tests/lab/fault_core.test.mjs
echo "== the dashboard, in Chromium"
node_tests tests/browser/*.test.mjs
finish
