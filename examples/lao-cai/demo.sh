#!/bin/bash
# demo.sh: the province to look at. Called by `make demo`; everything it makes is in demo-state/, new each time.
# The site of Phường Lào Cai is this very host, for real; the other 98 are simulated, and marked so.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
S=${DEMO_STATE:-$PWD/demo-state}
LIVE=lao-cai
pids=()

fail() {
	printf '%s\n' "$*" >&2
	exit 1
}

stop() {
	trap - EXIT INT TERM
	printf '\nĐang dừng… / Stopping…\n'
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null; done
	exit 0
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port from the one given.
choose_port() {
	local port=$1
	while ! port_free "$port"; do port=$((port + 1)); done
	echo "$port"
}

# Real services of this host: ports that something listens on, named by /etc/services.
local_services() {
	local port name
	awk 'NR > 1 && $4 == "0A" { split($2, a, ":"); print a[1], a[2] }' /proc/net/tcp | sort -u | while read -r addr hex; do
		case $addr in 00000000 | 0100007F) ;; *) continue ;; esac
		port=$((16#$hex))
		[ "$port" -lt 10000 ] || continue
		[ "$port" != "$WEB" ] && [ "$port" != "$AGENTS" ] || continue
		name=$(getent services "$port/tcp" 2>/dev/null | awk '{ print $1 }')
		printf -- '--local local-%s=Máy này: %s=127.0.0.1:%s\n' "$port" "${name:-cổng $port}" "$port"
	done | head -6
}

[ -e "$S" ] && [ ! -e "$S/.sansang-demo" ] && fail "$S is there and not a demo's: name another folder in DEMO_STATE"
rm -rf "$S"
mkdir -p "$S" && touch "$S/.sansang-demo" || fail "cannot make $S"
AGENTS=$(choose_port 8440)
WEB=$(choose_port 8443)
[ "$WEB" != "$AGENTS" ] || WEB=$(choose_port $((AGENTS + 1)))
# go-live was ten days ago: the story is seen from both sides
GO_LIVE=$(TZ=Asia/Ho_Chi_Minh date -d '10 days ago' +%Y-%m-%d)
mapfile -t local_args < <(local_services | sed 's/^--local //')
args=(--local "web=Máy này: bảng điều khiển=https://127.0.0.1:$WEB/" --local "agents=Máy này: cổng trạm đo=127.0.0.1:$AGENTS")
for service in ${local_args[@]+"${local_args[@]}"}; do args+=(--local "$service"); done
node examples/lao-cai/generate.mjs --live $LIVE-hq --go-live "$GO_LIVE" "${args[@]}" >"$S/province.yaml" || fail "cannot write the inventory"
cp examples/lao-cai/communes.topojson "$S/"
cat >"$S/collector.yaml" <<EOF
inventory: province.yaml
state_dir: state
log: warn
agents: { listen: "0.0.0.0:$AGENTS" }
web: { listen: "0.0.0.0:$WEB", names: [ localhost ] }
series: { shards: 1 }
EOF

printf 'Sẵn Sàng: bản trình diễn tỉnh Lào Cai / a demonstration of Lào Cai province\n'
"$B/sansang-collector" --config "$S/collector.yaml" &
pids+=($!)
trap stop INT TERM
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done' EXIT
sansang() { "$B/sansang" --socket "$S/state/sansang.sock" "$@"; }
for _ in $(seq 200); do
	sansang --json status 2>/dev/null | grep -q '"silent": *\[\]' && break
	kill -0 "${pids[0]}" 2>/dev/null || fail "the collector did not start, see above"
	sleep 0.1
done

mkdir -p "$S/agent" && (umask 077 && sansang token $LIVE-srv >"$S/agent/token") || fail "no token"
cat >"$S/agent/agent.yaml" <<EOF
collector: "127.0.0.1:$AGENTS"
node: $LIVE-srv
token_file: token
state_dir: state
log: warn
EOF
"$B/sansang-agent" --config "$S/agent/agent.yaml" &
pids+=($!)

printf 'Phát lại 3 tuần số liệu MÔ PHỎNG của 98 địa điểm / replaying 3 weeks of SIMULATED history of 98 sites\n'
mkfifo "$S/replayed"
"$B/simulate" --socket "$S/state/sansang.sock" --collector "127.0.0.1:$AGENTS" --dir "$S/fleet" \
	--go-live $(($(date -d "$GO_LIVE 00:00:00 +0700" +%s) * 1000)) --ready "$S/replayed" &
pids+=($!)
read -r _ <"$S/replayed"

printf '\n  Bảng điều khiển / dashboard : https://localhost:%s/\n' "$WEB"
printf '  Tài khoản / user            : admin\n'
printf '  Mật khẩu / password         : %s\n' "$(cat "$S/state/admin.password")"
printf '  Dòng lệnh / command line    : %s --socket %s status\n' "$B/sansang" "$S/state/sansang.sock"
printf '\nChứng thư do máy này tự cấp nên trình duyệt sẽ hỏi lại. / The certificate is this host'"'"'s own, so the browser will ask.\n'
printf '98 địa điểm là MÔ PHỎNG; Phường Lào Cai là chính máy này. / 98 sites are SIMULATED; Phường Lào Cai is this very host.\n'
printf 'Ctrl-C để dừng. / Ctrl-C stops it.\n'
wait -n
stop
