#!/bin/bash
# Prints where a chronyd is: the machine's, or Debian's unpacked below build/. Installing the package would replace the machine's time service.
set -u
B=${B:-build}
for c in /usr/sbin/chronyd "$B/chrony/usr/sbin/chronyd"; do
	[ -x "$c" ] && echo "$c" && exit 0
done
mkdir -p "$B/chrony" && cd "$B/chrony" && apt-get download -qq chrony >/dev/null 2>&1 && dpkg -x chrony_*.deb . && rm -f chrony_*.deb
[ -x usr/sbin/chronyd ] && echo "$PWD/usr/sbin/chronyd"
