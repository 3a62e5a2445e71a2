#!/bin/bash
# Fault lab: a small province in network namespaces, and faults that are switched on and off while programs run.
#
#   lab.sh lab_up 6 "2 4"                sites 1..6, of which 2 and 4 have a second line
#   lab.sh fault_loss 3 on 20            lab.sh fault_all_off        lab.sh lab_down
#
# State lives in $LAB_DIR; every name begins with $LAB, so several labs run side by side. No traffic leaves the machine.
#
#   col eth0 10.0.0.2 ==wire== 10.0.0.1 core 10.1.K.1 ==wire== 10.1.K.2 wan0 rK [bridge lan] 10.20.K.1 -- eth0 10.20.K.10 sK
#   dc eth0 10.0.9.10 -- 10.0.9.1 core 10.2.K.1 ==wire== 10.2.K.2 wan1 rK                (second line, named Kb; for 10.20.K.11 first)
#
# Each ==wire== runs through the namespace `wire` (ca$k, bridge br$k, cb$k): faults are in the cable, so each end can keep or lose its
# carrier independently. core answers DNS. A LINE is K, Kb or col; a SERVICE is K (of site K, port 8080) or dcPORT.
LAB=${LAB:-slab}
LAB_DIR=${LAB_DIR:-/tmp/lab.$LAB}
LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_EMU=${LAB_EMU:-$LAB_SRC/../../../build/linkemu}
LAB_PORT=8080

_die() { echo "lab: $*" >&2; return 1; }
_need() { [ -f "$LAB_DIR/n" ] || _die "no lab is up (lab_up N)"; }
_site() { grep -qx "$1" "$LAB_DIR/sites" 2>/dev/null || _die "no site $1"; }
_line() { grep -qx "$1" "$LAB_DIR/lines" 2>/dev/null || _die "no line $1"; }
_onoff() { [ "$1" = on ] || [ "$1" = off ] || _die "say on or off"; }
_two() { grep -qx "${1}b" "$LAB_DIR/lines"; }
nse() { local n=$1; shift; ip netns exec "$LAB-$n" "$@"; }
_w() { ip -n "$LAB-wire" "$@"; }
_nft() { nse wire nft "$@"; }
_mark() { if [ "$2" = on ]; then echo "${*:3}" >"$LAB_DIR/fault.$1"; else rm -f "$LAB_DIR/fault.$1"; fi; return 0; }

# ---- processes of the lab ----

# lab_spawn NS cmd...: a background process on that machine; prints its pid; ends with lab_down. Each machine has a boot id and a /run of its own.
lab_spawn() {
	_need || return 1
	local n=$1 p
	shift
	[ -s "$LAB_DIR/boot.$n" ] || cat /proc/sys/kernel/random/uuid >"$LAB_DIR/boot.$n"
	mkdir -p "$LAB_DIR/run.$n"
	ip netns exec "$LAB-$n" sh -c 'mount --bind "$0/boot.$1" /proc/sys/kernel/random/boot_id; mount --bind "$0/run.$1" /run; shift; exec "$@"' "$LAB_DIR" "$n" "$@" </dev/null >>"$LAB_DIR/out.$n" 2>&1 &
	p=$!
	disown "$p" 2>/dev/null
	echo "$p"
}
_inlab() { case "$(ip netns identify "$1" 2>/dev/null)" in "$LAB-${2:-}"*) return 0 ;; esac; return 1; }
_kill_ns() { # every process on one machine
	local p
	p=$(ip netns pids "$LAB-$1" 2>/dev/null) || return 0
	[ -n "$p" ] || return 0
	kill -"${2:-TERM}" $p 2>/dev/null
	kill -CONT $p 2>/dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		p=$(ip netns pids "$LAB-$1" 2>/dev/null)
		[ -z "$p" ] && return 0
		sleep 0.05
	done
	kill -KILL $p 2>/dev/null
	return 0
}
_svc_ns() { case "$1" in dc*) echo dc ;; *) echo "s$1" ;; esac; }
_svc_port() { case "$1" in dc*) echo "${1#dc}" ;; *) echo "$LAB_PORT" ;; esac; }
_svc_pid() {
	local p
	p=$(cat "$LAB_DIR/svc.$1" 2>/dev/null) && [ -n "$p" ] && _inlab "$p" "$(_svc_ns "$1")" && echo "$p"
}
_svc_start() {
	[ -n "$(_svc_pid "$1")" ] && return 0
	lab_spawn "$(_svc_ns "$1")" /usr/bin/python3 -S "$LAB_SRC/svc.py" "$(_svc_port "$1")" >"$LAB_DIR/svc.$1"
}
_dns_start() {
	local p
	p=$(cat "$LAB_DIR/dns" 2>/dev/null)
	[ -n "$p" ] && _inlab "$p" core && return 0
	lab_spawn core dnsmasq -k -C /dev/null --no-resolv --no-hosts --addn-hosts="$LAB_DIR/hosts" --local=/lab/ --listen-address=10.0.0.1 --bind-interfaces --pid-file= --user=root --cache-size=0 >"$LAB_DIR/dns"
}

# ---- ways ----

_corif() { [ "$1" = col ] && echo wcol || echo "w$1"; }
_far() { case "$1" in col) echo "col eth0" ;; *b) echo "r${1%b} wan1" ;; *) echo "r$1 wan0" ;; esac; }
_near_ip() { case "$1" in *b) echo "10.2.${1%b}.1" ;; *) echo "10.1.$1.1" ;; esac; }
_far_ip() { case "$1" in *b) echo "10.2.${1%b}.2" ;; *) echo "10.1.$1.2" ;; esac; }
_alive() { [ ! -f "$LAB_DIR/dead.$1" ]; }
# Static routes of a site, by which of its lines are alive (an interface that went down loses them).
_routes() {
	if [ "$1" = col ]; then
		ip -n "$LAB-col" route replace default via 10.0.0.1 2>/dev/null
		return 0
	fi
	local k=${1%b} a b
	a=$k b=$k
	if _two "$k"; then
		b=${k}b
		_alive "$k" || a=$b
		_alive "${k}b" || b=$k
		ip -n "$LAB-r$k" route replace default via "$(_near_ip "$k")" table 100 2>/dev/null
		ip -n "$LAB-r$k" route replace default via "$(_near_ip "${k}b")" table 102 2>/dev/null
		ip -n "$LAB-r$k" route replace default via "$(_near_ip "$b")" table 101 2>/dev/null
		ip -n "$LAB-core" route replace "10.20.$k.11/32" via "$(_far_ip "$b")" 2>/dev/null
	fi
	ip -n "$LAB-core" route replace "10.20.$k.0/24" via "$(_far_ip "$a")" 2>/dev/null
	ip -n "$LAB-r$k" route replace default via "$(_near_ip "$a")" 2>/dev/null
	return 0
}
# A router with two lines looks each second whether the other end answers, as with BFD, and sends by the other line when not.
lab_failover_loop() {
	local k=$1 line bad=0 badb=0 ok
	while [ -f "$LAB_DIR/n" ]; do
		for line in "$k" "${k}b"; do
			nse "r$k" ping -q -c1 -W1 -I "$(_far_ip "$line")" "$(_near_ip "$line")" >/dev/null 2>&1
			ok=$?
			case "$line" in
			*b) [ $ok = 0 ] && badb=0 || badb=$((badb + 1)); ok=$badb ;;
			*) [ $ok = 0 ] && bad=0 || bad=$((bad + 1)); ok=$bad ;;
			esac
			if [ "$ok" -ge 2 ] && _alive "$line"; then
				: >"$LAB_DIR/dead.$line"
				_routes "$k"
			elif [ "$ok" = 0 ] && ! _alive "$line"; then
				rm -f "$LAB_DIR/dead.$line"
				_routes "$k"
			fi
		done
		sleep 1
	done
}

# ---- up and down ----

_make_namespaces() {
	local i ns
	{ echo core; echo wire; echo col; echo dc; for i in $(seq "$1"); do echo "r$i"; echo "s$i"; done; } >"$LAB_DIR/namespaces"
	while read -r ns; do
		ip netns add "$LAB-$ns" || return 1
		mkdir -p "/etc/netns/$LAB-$ns"
		printf 'nameserver 10.0.0.1\noptions timeout:2 attempts:1\n' >"/etc/netns/$LAB-$ns/resolv.conf"
		ip -n "$LAB-$ns" link set lo up
	done <"$LAB_DIR/namespaces"
}
_make_cables() {
	local b=$LAB_DIR/batch k
	: >"$b"
	for k in $(cat "$LAB_DIR/lines"); do
		set -- $(_far "$k")
		echo "link add ca$k netns $LAB-wire type veth peer name $(_corif "$k") netns $LAB-core
link add cb$k netns $LAB-wire type veth peer name $2 netns $LAB-$1" >>"$b"
	done
	for k in $(cat "$LAB_DIR/sites"); do echo "link add eth0 netns $LAB-s$k type veth peer name lan1 netns $LAB-r$k" >>"$b"; done
	echo "link add eth0 netns $LAB-dc type veth peer name d0 netns $LAB-core" >>"$b"
	ip -batch "$b" || return 1
	for k in $(cat "$LAB_DIR/lines"); do
		echo "link add br$k type bridge stp_state 0 forward_delay 0
link set br$k type bridge group_fwd_mask 0x4000
link set ca$k master br$k
link set cb$k master br$k
link set ca$k up
link set cb$k up
link set br$k up"
	done >"$b"
	nse wire sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
	_w -batch "$b"
}
_make_core() {
	local k
	{
		for k in $(cat "$LAB_DIR/lines"); do
			[ "$k" = col ] && echo "addr add 10.0.0.1/24 dev wcol" || echo "addr add $(_near_ip "$k")/30 dev w$k"
			echo "link set $(_corif "$k") up"
		done
		echo "addr add 10.0.9.1/24 dev d0
link set d0 up"
	} | ip -n "$LAB-core" -batch - || return 1
	nse core sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	printf 'addr add 10.0.0.2/24 dev eth0\nlink set eth0 up\nroute add default via 10.0.0.1\n' | ip -n "$LAB-col" -batch - || return 1
	printf 'addr add 10.0.9.10/24 dev eth0\nlink set eth0 up\nroute add default via 10.0.9.1\n' | ip -n "$LAB-dc" -batch -
}
_make_site() {
	local i=$1
	{
		echo "addr add 10.1.$i.2/30 dev wan0
link set wan0 up"
		_two "$i" && echo "addr add 10.2.$i.2/30 dev wan1
link set wan1 up
rule add to 10.20.$i.0/24 lookup main pref 10
rule add from 10.1.$i.2 lookup 100 pref 20
rule add from 10.2.$i.2 lookup 102 pref 20
rule add from 10.20.$i.11 lookup 101 pref 20"
		echo "link add lan type bridge stp_state 0 forward_delay 0
link set lan1 master lan
link set lan1 up
link set lan up
addr add 10.20.$i.1/24 dev lan"
	} | ip -n "$LAB-r$i" -batch - || return 1
	nse "r$i" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	{
		echo "addr add 10.20.$i.10/24 dev eth0"
		_two "$i" && echo "addr add 10.20.$i.11/24 dev eth0"
		echo "link set eth0 up
route add default via 10.20.$i.1"
	} | ip -n "$LAB-s$i" -batch - || return 1
	_routes "$i"
	echo "10.20.$i.10 s$i.lab
10.20.$i.1 r$i.lab" >>"$LAB_DIR/hosts"
}
# lab_up N [SITES WITH TWO LINES]
lab_up() {
	local n=${1:?lab_up N} two=${2:-} i ns
	case "$n" in *[!0-9]*) _die "N must be a number"; return 1 ;; esac
	{ [ "$n" -ge 1 ] && [ "$n" -le 100 ]; } || { _die "N is 1..100"; return 1; }
	[ "$(id -u)" = 0 ] || { _die "needs root"; return 1; }
	lab_down
	mkdir -p "$LAB_DIR" || return 1
	seq "$n" >"$LAB_DIR/sites"
	{ echo col; seq "$n"; for i in $two; do echo "${i}b"; done; } >"$LAB_DIR/lines"
	printf '10.0.0.2 col.lab\n10.0.9.10 portal.lab\n10.0.9.10 office.lab\n' >"$LAB_DIR/hosts"
	_make_namespaces "$n" && _make_cables && _make_core || return 1
	for i in $(seq "$n"); do _make_site "$i" || return 1; done
	# real frames on the wires: no checksum offload, no 64 KB segments
	while read -r ns; do
		nse "$ns" sh -c 'for i in /sys/class/net/*; do i=${i##*/}; case $i in lo|br*|lan) ;; *) ethtool -K $i tx off tso off gso off gro off sg off >/dev/null 2>&1;; esac; done'
	done <"$LAB_DIR/namespaces"
	_nft add table netdev lab || return 1
	echo "$n" >"$LAB_DIR/n"
	_dns_start
	for i in $(seq "$n") ${LAB_SERVICES:-dc80 dc8081 dc8082 dc8083}; do _svc_start "$i"; done
	for i in $two; do
		LAB=$LAB LAB_DIR=$LAB_DIR bash "$LAB_SRC/lab.sh" lab_failover_loop "$i" </dev/null >/dev/null 2>&1 &
		disown $!
		echo $! >"$LAB_DIR/loop.failover$i"
	done
	return 0
}
_loop_end() {
	local p
	p=$(cat "$1" 2>/dev/null) && grep -q 'lab_[a-z]*_loop' "/proc/$p/cmdline" 2>/dev/null && kill "$p" 2>/dev/null && while [ -d "/proc/$p" ]; do sleep 0.05; done
	rm -f "$1"
}
lab_down() {
	local ns f
	for f in "$LAB_DIR"/loop.*; do [ -f "$f" ] && _loop_end "$f"; done
	for ns in $(ip netns list | awk '{print $1}'); do
		case "$ns" in "$LAB"-core | "$LAB"-wire | "$LAB"-col | "$LAB"-dc | "$LAB"-[rsd][0-9]*)
			_kill_ns "${ns#"$LAB"-}"
			ip netns del "$ns"
			rm -rf "/etc/netns/$ns"
			;;
		esac
	done
	case "$LAB_DIR" in /tmp/?* | /run/?* | /var/tmp/?*) rm -rf "$LAB_DIR" ;; esac
	rmdir /etc/netns 2>/dev/null
	return 0
}
fault_all_off() {
	local f n s
	_need || return 1
	for f in "$LAB_DIR"/fault.*; do
		[ -f "$f" ] || continue
		n=${f##*/fault.}
		s=${n##*.}
		"fault_${n%.*}" "$s" off
	done
	return 0
}

# ---- faults: fault_NAME WHERE on|off [...] ----

# the link of one end set down; the other end keeps its carrier, as behind a media converter
fault_link_core() {
	_line "$1" && _onoff "$2" || return 1
	if [ "$2" = on ]; then ip -n "$LAB-core" link set "$(_corif "$1")" down; else ip -n "$LAB-core" link set "$(_corif "$1")" up; _routes "$1"; fi
	_mark "link_core.$1" "$2"
}
fault_link_site() {
	_line "$1" && _onoff "$2" || return 1
	local k=$1 o=$2
	set -- $(_far "$k")
	if [ "$o" = on ]; then ip -n "$LAB-$1" link set "$2" down; else ip -n "$LAB-$1" link set "$2" up; _routes "$k"; fi
	_mark "link_site.$k" "$o"
}
# the cable itself: both ends lose their carrier
_cable() { _w link set "ca$1" "$2"; _w link set "cb$1" "$2"; [ "$2" = down ] || _routes "$1"; }
fault_carrier() {
	_line "$1" && _onoff "$2" || return 1
	[ "$2" = on ] && _cable "$1" down || _cable "$1" up
	_mark "carrier.$1" "$2"
}
# the cable between the site's router and its server
fault_lan() {
	_site "$1" && _onoff "$2" || return 1
	ip -n "$LAB-r$1" link set lan1 "$([ "$2" = on ] && echo down || echo up)"
	_mark "lan.$1" "$2"
}
_chain() { # NAME DEV RULE...: a chain of its own on the egress of one end of the wire
	local c=$1 d=$2
	shift 2
	_nft delete chain netdev lab "$c" 2>/dev/null
	_nft "add chain netdev lab $c { type filter hook egress device $d priority 0; policy accept; }" && _nft "add rule netdev lab $c $*"
}
_dirs() { case "${1:-both}" in in) echo cb ;; out) echo ca ;; both) echo "ca cb" ;; *) _die "direction: in (to the site), out (from it), both"; return 1 ;; esac; }
_unchain() { local e; for e in ca cb; do _nft delete chain netdev lab "$1_$e$2" 2>/dev/null; done; return 0; }
# fault_loss LINE on PCT [in|out|both]: random, independent
fault_loss() {
	_line "$1" && _onoff "$2" || return 1
	local e ds
	_unchain loss "$1"
	if [ "$2" = on ]; then
		ds=$(_dirs "${4:-both}") || return 1
		for e in $ds; do _chain "loss_$e$1" "$e$1" "$(awk -v p="${3:?PCT}" 'BEGIN{n=int(p*100+0.5); if (n>=10000) print "counter drop"; else print "numgen random mod 10000 < " n " counter drop"}')" || return 1; done
	fi
	_mark "loss.$1" "$2" "${@:3}"
}
# fault_oneway LINE on in|out: everything of one direction vanishes
fault_oneway() {
	_line "$1" && _onoff "$2" || return 1
	local e ds
	_unchain oneway "$1"
	if [ "$2" = on ]; then
		ds=$(_dirs "${3:?in|out}") || return 1
		for e in $ds; do _chain "oneway_$e$1" "$e$1" "counter drop" || return 1; done
	fi
	_mark "oneway.$1" "$2" "${@:3}"
}
# fault_mtu LINE on BYTES [df]: longer IPv4 packets vanish, no ICMP (df: only those with DF)
fault_mtu() {
	_line "$1" && _onoff "$2" || return 1
	local e df=
	_unchain mtu "$1"
	[ "${4:-}" = df ] && df='ip frag-off & 0x4000 != 0'
	if [ "$2" = on ]; then for e in ca cb; do _chain "mtu_$e$1" "$e$1" "ether type ip $df ip length > ${3:?BYTES} counter drop" || return 1; done; fi
	_mark "mtu.$1" "$2" "${@:3}"
}
# fault_emu LINE on "set both delay 40 jitter 10" ...: a userspace wire (linkemu.c); ab is from the core to the site. off: the bridge again
fault_emu() {
	_line "$1" && _onoff "$2" || return 1
	local k=$1 o=$2 p c
	shift 2
	p=$(cat "$LAB_DIR/emu.$k.pid" 2>/dev/null)
	{ [ -n "$p" ] && _inlab "$p" wire; } || p=
	if [ "$o" = on ] && [ -z "$p" ]; then
		rm -f "$LAB_DIR/emu.$k.pid"
		_w link set "ca$k" nomaster
		_w link set "cb$k" nomaster
		lab_spawn wire "$LAB_EMU" -c "$LAB_DIR/emu.$k.ctl" -p "$LAB_DIR/emu.$k.pid" "ca$k" "cb$k" "$@" >/dev/null
		for _ in $(seq 100); do [ -s "$LAB_DIR/emu.$k.pid" ] && break; sleep 0.02; done
		[ -s "$LAB_DIR/emu.$k.pid" ] || { _w link set "ca$k" master "br$k"; _w link set "cb$k" master "br$k"; _die "linkemu did not start"; return 1; }
	elif [ "$o" = on ]; then
		for c in "$@"; do timeout 2 bash -c 'echo "$1" > "$2"' _ "$c" "$LAB_DIR/emu.$k.ctl"; done
	else
		if [ -n "$p" ]; then
			kill "$p" 2>/dev/null
			for _ in $(seq 50); do [ -d "/proc/$p" ] || break; sleep 0.02; done
			[ -d "/proc/$p" ] && kill -KILL "$p" 2>/dev/null
		fi
		rm -f "$LAB_DIR/emu.$k.pid" "$LAB_DIR/emu.$k.ctl"
		_w link set "ca$k" master "br$k"
		_w link set "cb$k" master "br$k"
	fi
	_mark "emu.$k" "$o" "$@"
}
fault_delay() { fault_emu "$1" "$2" "set both delay ${3:-50} jitter ${4:-0}"; } # one-way MS [JITTER]
fault_rate() { fault_emu "$1" "$2" "set both rate ${3:-512} queue ${4:-64}"; }  # KBIT [QUEUE_KB]
fault_burst() { fault_emu "$1" "$2" "set both loss ${3:-10} burst ${4:-20}"; }  # PCT [MEAN_BURST]
# the same with the kernel's own shaper
fault_tbf() {
	_line "$1" && _onoff "$2" || return 1
	local e
	for e in ca cb; do
		nse wire tc qdisc del dev "$e$1" root 2>/dev/null
		[ "$2" = off ] || nse wire tc qdisc add dev "$e$1" root tbf rate "${3:-512}kbit" burst 10k latency 200ms || return 1
	done
	_mark "tbf.$1" "$2" "${@:3}"
}
# fault_dns all on stop|kill|drop|empty: hung | port closed | packets dropped | no such names
fault_dns() {
	_need && _onoff "$2" || return 1
	local p
	p=$(cat "$LAB_DIR/dns" 2>/dev/null)
	{ [ -n "$p" ] && _inlab "$p" core; } || p=
	if [ "$2" = on ]; then
		case "${3:-stop}" in
		stop) [ -n "$p" ] && kill -STOP "$p" ;;
		kill) [ -n "$p" ] && kill -KILL "$p" ;;
		drop) nse core nft -f - <<<'table inet labdns { chain i { type filter hook input priority 0; policy accept; udp dport 53 counter drop; tcp dport 53 counter drop; }; }' ;;
		empty)
			[ -f "$LAB_DIR/hosts.full" ] || cp "$LAB_DIR/hosts" "$LAB_DIR/hosts.full"
			: >"$LAB_DIR/hosts"
			[ -n "$p" ] && kill -HUP "$p"
			;;
		*) _die "stop kill drop empty"; return 1 ;;
		esac
	else
		[ -n "$p" ] && kill -CONT "$p"
		nse core nft delete table inet labdns 2>/dev/null
		[ -f "$LAB_DIR/hosts.full" ] && { cat "$LAB_DIR/hosts.full" >"$LAB_DIR/hosts"; rm -f "$LAB_DIR/hosts.full"; [ -n "$p" ] && kill -HUP "$p"; }
		_dns_start
	fi
	_mark "dns.all" "$2" "${@:3}"
}
fault_service_kill() {
	_need && _onoff "$2" || return 1
	local p
	p=$(_svc_pid "$1")
	if [ "$2" = on ]; then [ -z "$p" ] || kill -KILL "$p"; else _svc_start "$1"; fi
	_mark "service_kill.$1" "$2"
}
fault_service_hang() {
	_need && _onoff "$2" || return 1
	local p
	p=$(_svc_pid "$1")
	[ -z "$p" ] || kill "-$([ "$2" = on ] && echo USR1 || echo USR2)" "$p"
	_mark "service_hang.$1" "$2"
}
_srvnft() { # SERVICE TABLE on|off VERDICT
	local ns
	ns=$(_svc_ns "$1")
	nse "$ns" nft delete table inet "$2" 2>/dev/null
	[ "$3" = on ] || return 0
	nse "$ns" nft "add table inet $2; add chain inet $2 i { type filter hook input priority 0; policy accept; }; add rule inet $2 i tcp dport $(_svc_port "$1") counter $4"
}
fault_service_rst() { _need && _onoff "$2" && _srvnft "$1" labrst "$2" "reject with tcp reset" && _mark "service_rst.$1" "$2"; }
fault_firewall_drop() { _need && _onoff "$2" && _srvnft "$1" labdrop "$2" drop && _mark "firewall_drop.$1" "$2"; }
# a second machine with the server's address on the site's LAN; it announces itself every second
fault_dupip() {
	_site "$1" && _onoff "$2" || return 1
	local i=$1
	_kill_ns "d$i" KILL
	ip netns del "$LAB-d$i" 2>/dev/null
	rm -rf "/etc/netns/$LAB-d$i"
	ip -n "$LAB-r$i" link del lan2 2>/dev/null
	if [ "$2" = on ]; then
		ip netns add "$LAB-d$i" && ip link add eth0 netns "$LAB-d$i" type veth peer name lan2 netns "$LAB-r$i" || return 1
		ip -n "$LAB-r$i" link set lan2 master lan
		ip -n "$LAB-r$i" link set lan2 up
		ip -n "$LAB-d$i" link set lo up
		ip -n "$LAB-d$i" link set eth0 up
		ip -n "$LAB-d$i" addr add "10.20.$i.10/24" dev eth0
		lab_spawn "d$i" arping -U -I eth0 "10.20.$i.10" >/dev/null
	else
		ip -n "$LAB-r$i" neigh flush all
	fi
	_mark "dupip.$i" "$2"
}
_site_lines() { grep -xE "${1}b?" "$LAB_DIR/lines"; }
# no electricity: all lines dark at both ends, LAN dark, every process at the site killed (-9); at power-on machines have a new boot id
fault_poweroff() {
	_site "$1" && _onoff "$2" || return 1
	local k=$1 l
	if [ "$2" = on ]; then
		# frozen first: nothing may still see its cables go
		kill -STOP $(ip netns pids "$LAB-s$k") $(ip netns pids "$LAB-r$k") 2>/dev/null
		for l in $(_site_lines "$k"); do _cable "$l" down; done
		ip -n "$LAB-r$k" link set lan1 down
		_kill_ns "s$k" KILL
		_kill_ns "r$k" KILL
	else
		rm -f "$LAB_DIR/boot.s$k" "$LAB_DIR/boot.r$k"
		rm -rf "$LAB_DIR/run.s$k" "$LAB_DIR/run.r$k"
		for l in $(_site_lines "$k"); do _cable "$l" up; done
		ip -n "$LAB-r$k" link set lan1 up
		_routes "$k"
		_svc_start "$k"
	fi
	_mark "poweroff.$k" "$2"
}
# the server is shut down in order: what systemd does (/run/nologin, SIGTERM to all, then SIGKILL), and the machine is off
fault_shutdown() {
	_site "$1" && _onoff "$2" || return 1
	if [ "$2" = on ]; then
		mkdir -p "$LAB_DIR/run.s$1"
		echo "System is going down." >"$LAB_DIR/run.s$1/nologin"
		kill -TERM $(ip netns pids "$LAB-s$1") 2>/dev/null
		for _ in $(seq 40); do [ -z "$(ip netns pids "$LAB-s$1")" ] && break; sleep 0.05; done
		_kill_ns "s$1" KILL
		ip -n "$LAB-r$1" link set lan1 down
	else
		rm -rf "$LAB_DIR/boot.s$1" "$LAB_DIR/run.s$1"
		ip -n "$LAB-r$1" link set lan1 up
		_svc_start "$1"
	fi
	_mark "shutdown.$1" "$2"
}
# the router alone dies: its lines and the LAN lose their carrier, its processes end; the server lives
fault_router() {
	_site "$1" && _onoff "$2" || return 1
	local k=$1 l d=down
	[ "$2" = on ] && _kill_ns "r$k" KILL || { d=up; rm -f "$LAB_DIR/boot.r$k"; }
	for l in $(_site_lines "$k"); do _cable "$l" $d; done
	ip -n "$LAB-r$k" link set lan $d
	[ $d = down ] || _routes "$k"
	_mark "router.$k" "$2"
}
# the collector's own line: fault_uplink col on PCT | on cut | off
fault_uplink() {
	_onoff "$2" || return 1
	if [ "$2" = off ]; then
		fault_loss col off
		fault_carrier col off
	elif [ "$3" = cut ]; then fault_carrier col on; else fault_loss col on "$3"; fi
}
# fault_clock SITE on OFFSET: of programs that run under libfaketime with the file clock.sK, such as +300, -86400
fault_clock() {
	_site "$1" && _onoff "$2" || return 1
	[ "$2" = on ] && echo "${3:?OFFSET}" >"$LAB_DIR/clock.s$1" || echo "+0" >"$LAB_DIR/clock.s$1"
	_mark "clock.$1" "$2" "${@:3}"
}
lab_flap_loop() {
	while [ -f "$LAB_DIR/n" ]; do
		fault_carrier "$1" on
		sleep "$3"
		fault_carrier "$1" off
		sleep "$2"
	done
}
# fault_flap LINE on UP_S DOWN_S
fault_flap() {
	_line "$1" && _onoff "$2" || return 1
	_loop_end "$LAB_DIR/loop.flap$1"
	if [ "$2" = on ]; then
		LAB=$LAB LAB_DIR=$LAB_DIR bash "$LAB_SRC/lab.sh" lab_flap_loop "$1" "${3:-5}" "${4:-5}" </dev/null >/dev/null 2>&1 &
		disown $!
		echo $! >"$LAB_DIR/loop.flap$1"
	else fault_carrier "$1" off; fi
	_mark "flap.$1" "$2" "${@:3}"
}
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	case "${1:-}" in lab_* | fault_* | nse) "$@" ;; *) sed -n 2,16p "$0"; exit 2 ;; esac
fi
