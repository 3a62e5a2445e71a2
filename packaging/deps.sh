#!/bin/bash
# deps.sh build|test|bench ...: installs the Debian packages that are missing, or, when not root, names the line that does.
set -u
packages_build="gcc make pkg-config libc6-dev linux-libc-dev libuv1-dev libssl-dev libprotobuf-c-dev protobuf-c-compiler
	librrd-dev fonts-dejavu-core libsqlite3-dev libyaml-dev libjansson-dev libseccomp-dev libargon2-dev
	libc-ares-dev libsnmp-dev libcurl4-openssl-dev libwebsockets-dev libwebsockets-evlib-uv tzdata ca-certificates"
packages_test="libcmocka-dev universal-ctags binutils chromium faketime python3-minimal python3-aiosmtpd rrdtool sqlite3 openssl
	curl iproute2 nftables ethtool iputils-ping procps tinyproxy jq librsvg2-bin git snmp snmpd snmpsim nut-server nut-client nginx-light dnsmasq-base
	iputils-arping dovecot-imapd"
packages_bench="rrdtool rrdcached collectd-core zabbix-agent python3-minimal procps
	fping prometheus-blackbox-exporter prometheus-snmp-exporter"
packages_full="clang clang-format libclang-rt-14-dev cppcheck"
want=""
for group in "$@"; do
	name="packages_$group"
	want="$want ${!name}"
done
# npm and node: Debian's, unless the machine has others already
command -v node >/dev/null || want="$want nodejs"
command -v npm >/dev/null || want="$want npm"
missing=""
for p in $want; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	printf 'missing packages; install them with:\n  sudo apt-get install -y --no-install-recommends%s\n' "$missing" >&2
	exit 1
fi
printf 'installing:%s\n' "$missing"
export DEBIAN_FRONTEND=noninteractive
# servers that the tests start by themselves (snmpd, nginx, upsd) shall not run on this machine because of that
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/tmp/sansang-deps.log 2>&1 || {
	tail -20 /tmp/sansang-deps.log >&2
	exit 1
}
for server in dovecot snmpd nginx nut-server nut-monitor snmptrapd; do
	case " $missing " in *" ${server%-*}"*) systemctl disable -q "$server" 2>/dev/null ;; esac
done
exit 0
