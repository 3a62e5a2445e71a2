#!/bin/bash
# Every #include between our layers is allowed by layers.txt, the table has no cycle, and no headers include each other.
set -u
cd "$(dirname "$0")/../.." || exit 2
edges=$(git ls-files -co --exclude-standard 'common/*.[ch]' 'agent/*.[ch]' 'collector/*.[ch]' 'tests/bench/*.[ch]' |
	xargs grep -Ho '^#include "[^"]*"' | sed 's/:#include "/ /; s/"$//' | grep ' .*/' | grep -v '\.pb-c\.h')
bad=$(awk '
	function layer(file) {
		sub(/\.[ch]$/, "", file)
		if (file in known) return file
		sub(/\/[^\/]*$/, "", file)
		return file
	}
	FNR == NR { if (/^[a-z]/) { split($0, h, ":"); n = split(h[2], may, " "); known[h[1]] = 1
			for (i = 1; i <= n; i++) ok[h[1], may[i]] = 1 } ; next }
	{ from = layer($1); to = layer($2); if (from != to && !ok[from, to]) print $1 " may not include " $2 }
' tests/lint/layers.txt <(printf '%s\n' "$edges"))
table=$(awk -F: '/^[a-z]/ { n = split($2, may, " "); for (i = 1; i <= n; i++) print $1, may[i] }' tests/lint/layers.txt)
cycles=$({ printf '%s\n' "$table"; printf '%s\n' "$edges" | grep '\.h .*\.h$'; } | tsort 2>&1 >/dev/null | sed -n 's/^tsort: //p')
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$cycles" ] || printf 'a cycle:\n%s\n' "$cycles"
[ -z "$bad$cycles" ]
