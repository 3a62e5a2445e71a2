#!/bin/bash
# Every #include between our folders is allowed by layers.txt, and no two modules include each other, however far round.
set -u
cd "$(dirname "$0")/../.." || exit 2
edges=$(git ls-files -co --exclude-standard 'common/*.[ch]' 'agent/*.[ch]' 'collector/*.[ch]' |
	xargs grep -Ho '^#include "[^"]*"' | sed 's/:#include "/ /; s/"$//')
bad=$(awk '
	FNR == NR { if (/^[a-z]/) { split($0, h, ":"); n = split(h[2], may, " "); known[h[1]] = 1
			for (i = 1; i <= n; i++) ok[h[1], may[i]] = 1 } ; next }
	{ from = $1; to = $2; if (to !~ /\//) next
	  sub(/\/[^\/]*$/, "", from); sub(/\/[^\/]*$/, "", to)
	  if (from != to && !ok[from, to]) print $1 " may not include " $2 }
' tests/lint/layers.txt <(printf '%s\n' "$edges"))
# modules: x.c and x.h are one node; generated headers have no edges out
cycles=$(printf '%s\n' "$edges" | sed 's/\.[ch]\b//g; s/\.pb-c//' | awk '$1 != $2 && $2 ~ /\//' | sort -u |
	tsort 2>&1 >/dev/null | sed -n 's/^tsort: //p')
[ -z "$bad" ] || printf '%s\n' "$bad"
[ -z "$cycles" ] || printf 'a cycle of includes:\n%s\n' "$cycles"
[ -z "$bad$cycles" ]
