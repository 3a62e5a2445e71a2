// Writes province.yaml of this folder from units.json and communes.topojson (see SOURCE.md):
//   node generate.mjs > province.yaml
// What `make demo` shows is made by options:
//   --live SITE               every other site is marked simulated, with 5-minute steps
//   --go-live DATE            all dates move with it
//   --local ID=NAME=HOST:PORT a service of the live site, which really answers there; again for more;
//           ID=NAME=https://HOST... one that answers in HTTP, with a certificate that nobody vouches for
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { live: { type: 'string' }, 'go-live': { type: 'string' }, local: { type: 'string', multiple: true } },
});
const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const units = JSON.parse(read('units.json'));
const map = JSON.parse(read('communes.topojson'));
const GO_LIVE = options['go-live'] ?? '2025-07-01';
const dayBefore = (days) => new Date(Date.parse(GO_LIVE) - days * 86400000).toISOString().slice(0, 10);

const ranks = [['Thị trấn ', 'township', 'tt-'], ['Thị xã ', 'town', 'tx-'], ['Phường ', 'ward', ''], ['Xã ', 'commune', '']];
const rankOf = (name) => ranks.find(([word]) => name.startsWith(word)) ?? ['', 'commune', ''];
const bare = (name) => name.slice(rankOf(name)[0].length);
const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd').replace(/Đ/g, 'D').toLowerCase();
const slug = (name) => rankOf(name)[2] + fold(bare(name)).replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const quote = (text) => JSON.stringify(text);

// ---- ids of the former units: a slug, with a suffix where another unit has it
const wanted = new Map();
for (const unit of units) for (const name of unit.formed_from) wanted.set(slug(name), (wanted.get(slug(name)) ?? 0) + 1);
const taken = new Set(units.map((unit) => unit.id));
function formerId(name, unit) {
  const base = slug(name);
  const first = taken.has(base) || wanted.get(base) > 1 ? (base === unit.id ? `${base}-cu` : `${base}-${unit.id}`) : base;
  let id = first;
  for (let n = 2; taken.has(id); n++) id = `${first}-${n}`;
  taken.add(id);
  return id;
}
for (const unit of units) unit.former = unit.formed_from.map((name) => ({ name, id: formerId(name, unit) }));

// ---- the middle of each commune, from its outline
const { scale, translate } = map.transform;
const arcs = map.arcs.map((arc) => {
  let x = 0, y = 0;
  return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
});
const ringPoints = (ring) => ring.flatMap((i) => (i < 0 ? [...arcs[~i]].reverse() : arcs[i]));
function centroid(points) {
  let area = 0, cx = 0, cy = 0;
  points.forEach(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length];
    const cross = x * ny - nx * y;
    area += cross / 2;
    cx += (x + nx) * cross;
    cy += (y + ny) * cross;
  });
  return { area: Math.abs(area), lon: cx / (6 * area), lat: cy / (6 * area) };
}
const middles = new Map();
for (const shape of map.objects.all.geometries) {
  const polygons = shape.type === 'Polygon' ? [shape.arcs] : shape.arcs;
  const outer = polygons.map((polygon) => centroid(ringPoints(polygon[0])));
  middles.set(shape.properties.code, outer.reduce((a, b) => (b.area > a.area ? b : a)));
}

// ---- lines: invented, but shaped as such lines are
const carriers = { VNPT: '18001166', Viettel: '18008119', FPT: '19006600' };
const names = Object.keys(carriers);
const pad = (n) => String(n).padStart(3, '0');
function lines(unit, n) {
  const state = n % 4 === 3 ? 'Viettel' : 'VNPT';
  const other = names.filter((name) => name !== state)[n % 2];
  const ward = unit.kind === 'ward';
  const here = options.live === `${unit.id}-hq`; // the live site's lines end on this very host
  return [
    `{ id: ${unit.id}-ts, kind: tslcd, carrier: ${state}, circuit: "LCI-TS-${pad(n)}", hotline: "${carriers[state]}", capacity_mbps: ${ward ? 100 : 50}, ` +
      `parent: core, terminal: ${here ? '127.0.0.1' : `10.20.${n}.1`}, gateway: ${here ? '127.0.0.1' : `10.20.${n}.1`} }`,
    `{ id: ${unit.id}-net, kind: internet, carrier: ${other}, circuit: "LCI-NET-${pad(n)}", hotline: "${carriers[other]}", capacity_mbps: ${ward ? 300 : 150}, ` +
      `terminal: ${here ? '127.0.0.1' : `203.0.113.${n}`}, gateway: ${here ? '127.0.0.1' : `192.168.${n}.1`} }`,
  ];
}

// ---- services: [id, name, sector, responsible, via, check, extra]
const services = [
  ['dvc-qg', 'Cổng Dịch vụ công quốc gia', 'public-services', 'central', 'internet', 'http: "https://dvcqg.example/", status: "200-399"', ''],
  ['vneid', 'Định danh và xác thực điện tử VNeID', 'public-services', 'central', 'tslcd', 'tls: "198.51.100.20:443", name: vneid.example', ''],
  ['tthc', 'Hệ thống thông tin giải quyết TTHC của tỉnh', 'public-services', 'province', 'tslcd',
    'http: "https://tthc.laocai.example/dang-nhap", status: "200", body: "Đăng nhập", redirects: 2', ''],
  ['ioffice', 'Quản lý văn bản và điều hành iOffice', 'public-services', 'province', 'tslcd', 'http: "https://10.20.0.11/", verify: no', ''],
  ['land', 'Đất đai: VBDLIS', 'land', 'province', 'tslcd', 'http: "https://vbdlis.laocai.example/", header: "Content-Type: text/html"', ''],
  ['tabmis', 'Tài chính: ngân sách và kho bạc', 'finance', 'central', 'tslcd', 'tcp: "198.51.100.30:443"', ''],
  ['tax', 'Tài chính: thuế điện tử', 'finance', 'central', 'internet', 'http: "https://thue.example/"', ''],
  ['construction', 'Xây dựng: cấp phép xây dựng', 'construction', 'province', 'tslcd', 'tls: "10.20.0.30:443", verify: no', ''],
  ['investment', 'Đầu tư: đăng ký hộ kinh doanh', 'investment', 'central', 'internet', 'tcp: "198.51.100.40:443"', ''],
  ['environment', 'Môi trường: hồ sơ và quan trắc', 'environment', 'province', 'tslcd', 'tcp: "10.20.0.40:443"', ', mandatory: no'],
  ['dns', 'Tên miền nội bộ của tỉnh', 'public-services', 'province', 'tslcd',
    'dns: { server: 10.20.0.53, name: tthc.laocai.example, expect: 10.20.0.10 }', ', mandatory: no'],
  ['ntp', 'Giờ chuẩn của tỉnh', 'public-services', 'province', 'tslcd', 'ntp: 10.20.0.123', ', every: 60s, mandatory: no'],
];

const out = [];
const line = (text = '') => out.push(text);

line(`# Lào Cai: 99 xã, phường từ ngày 1/7/2025 và 319 đơn vị cũ. Tệp mẫu, sửa được bằng tay.
# Lào Cai: the 99 communes and wards since 1 July 2025 and their 319 predecessors. An example, made to be edited by hand.
#
# Đơn vị, mã, ranh giới là thật (xem SOURCE.md); địa chỉ, mã kênh, đường dây nóng của kênh, dịch vụ là minh họa.
# Units, codes and borders are real (see SOURCE.md); addresses, circuit numbers, lines and services are made up.
#
# Mã (id) là định danh, không trùng; tên có thể trùng. Ngày không có giờ là 0 giờ theo múi giờ trong collector.yaml.
# An id is an identity and unique; names may repeat. A bare date is midnight in collector.yaml's time zone.
#
# Written by generate.mjs. / Do generate.mjs ghi ra.

province:
  id: lao-cai
  name: "Lào Cai"
  trial_from: ${dayBefore(30)}                     # bắt đầu vận hành thử / the trial begins
  go_live: ${GO_LIVE}T00:00:00+07:00         # vận hành chính thức / go-live
  map: communes.topojson                     # bản đồ, nối với đơn vị qua code / joined with the units by code
  # collector_node: core-srv                 # trạm đo đặt cạnh máy chủ giám sát / the agent beside the collector
  # core: 10.20.0.2                          # địa chỉ để đo tới trung tâm / what agents ping as the core

# Mốc để so sánh trước và sau / Milestones to compare before and after
milestones:
  - { id: trial-begins, name: "Bắt đầu vận hành thử", at: ${dayBefore(30)}T00:00:00+07:00 }
  - { id: portal-closed, name: "Tạm dừng Cổng Dịch vụ công để chuyển đổi", at: ${dayBefore(4)}T18:00:00+07:00 }
  - { id: portal-reopened, name: "Mở lại Cổng Dịch vụ công", at: ${GO_LIVE}T07:00:00+07:00 }

# Ai nhận cảnh báo / Who gets alarms
contacts:
  - { id: oncall, name: "Trực kỹ thuật", mail: oncall@laocai.example, phone: "0214 000 0001", language: vi }
  - { id: network, name: "Tổ hạ tầng mạng", mail: network@laocai.example, phone: "0214 000 0002", language: vi }
  - { id: an, name: "Nguyễn Văn An", mail: an@laocai.example, phone: "0900 000 001", language: vi }
  - { id: binh, name: "Trần Thị Bình", mail: binh@laocai.example, phone: "0900 000 002", language: vi }
  - { id: chi, name: "Lý Mai Chi", mail: chi@laocai.example, phone: "0900 000 003", language: vi }
  - { id: chief, name: "Trưởng phòng Hạ tầng số", mail: chief@laocai.example, phone: "0900 000 009", language: vi }

# Báo cho ai, khi nào. Tuyến đầu tiên phù hợp được dùng; không tuyến nào phù hợp thì báo cho mọi người.
# Who is told, and when. The first route that fits is taken; when none fits, everybody is told.
alerts:
  rotas:                                     # lịch trực: đổi ca 8 giờ sáng thứ Hai / turns change on Mondays at 08:00
    - { id: duty, members: [an, binh, chi], start: 2025-06-30, handover: "08:00", turn: 7d,
        holidays: [ { from: 2025-09-01, until: 2025-09-03, who: binh } ] }
  routes:
    - { causes: [uplink-down, uplink-degraded, uplink-saturated, upstream-shared, one-way-loss, mtu-blackhole], severity: alarm,
        to: [duty, network], escalate: [ { after: 15m, to: [oncall] }, { after: 1h, to: [chief] } ] }
    - { severity: alarm, to: [duty, oncall], escalate: [ { after: 30m, to: [chief] } ] }
    # - { units: [muong-khuong], sectors: [land], to: [duty], webhooks: [chat] }      # theo đơn vị, lĩnh vực / by unit and sector
  digest: { at: "07:00", to: [duty] }        # các cảnh báo chưa khẩn, mỗi ngày một thư / warnings, one mail a day
  storm: { sites: 5, every: 30m }            # nhiều nơi cùng hỏng: gộp thành một thư / many sites at once: one mail instead of many
  # webhooks: [ { id: chat, url: "https://10.20.0.7/hook", secret_file: hook.secret } ]   # tệp quyền 0600 / a file of mode 0600

# Bảo trì có kế hoạch: không gửi thư, không tính phút mất / Planned work: no mail, and its minutes are excused
# maintenance:
#   - { id: swap-router, targets: ["site:pha-long-hq"], from: 2025-07-05T20:00:00+07:00, until: 2025-07-05T22:00:00+07:00, reason: "Thay router" }

# Dịch vụ mà người dân cần / What citizens' work needs
# responsible: ai chịu trách nhiệm / who answers for it: commune, province, carrier, central
# via: đi qua kênh nào / which line it goes by. Dịch vụ của Trung ương đo mỗi 60 giây / central ones are checked every 60s.
# check: tcp, tls, http, dns, ntp hoặc icmp, với các tùy chọn của nó / one of them, with its options: see the services below.
services:`);
const others = units.map((unit) => `${unit.id}-hq`).filter((id) => id !== options.live);
const checkedBy = options.live ? `[${others.join(', ')}]` : 'all';
for (const [id, name, sector, responsible, via, check, extra] of services)
  line(`  - { id: ${id}, name: ${quote(name)}, sector: ${sector}, responsible: ${responsible}, via: ${via}, ` +
    `check: { ${check} }, checked_by: ${checkedBy}${extra} }`);
for (const [id, name, target] of (options.local ?? []).map((text) => text.split('=')))
  line(`  - { id: ${id}, name: ${quote(name)}, sector: public-services, responsible: province, via: tslcd, ` +
    `check: { ${target.includes('://') ? `http: "${target}", verify: no` : `tcp: "${target}"`} }, checked_by: [${options.live}] }`);

line(`
# Đơn vị: mỗi đơn vị mới đứng sau các đơn vị cũ hợp thành nó
# Units: each new one stands behind the former ones that formed it
units:`);
for (const unit of units) {
  line(`  # ${unit.name}`);
  for (const old of unit.former) line(`  - { id: ${old.id}, name: ${quote(old.name)}, kind: ${rankOf(old.name)[1]}, until: ${GO_LIVE} }`);
  line(`  - { id: ${unit.id}, name: ${quote(unit.name)}, kind: ${unit.kind}, code: "${unit.code}", from: ${GO_LIVE},`);
  line(`      formed_from: [${unit.former.map((old) => old.id).join(', ')}] }`);
}

line(`
# Địa điểm: trụ sở và kênh truyền. Đến 30/6 thuộc đơn vị cũ nơi đặt trụ sở, từ 1/7 thuộc đơn vị mới.
# Sites: buildings and their lines. Until 30 June each belongs to the former unit of its seat, from 1 July to the new one.
sites:`);
units.forEach((unit, i) => {
  const seat = unit.former.find((old) => bare(old.name) === bare(unit.name)) ?? unit.former[0];
  const at = middles.get(unit.code);
  const [ts, net] = lines(unit, i + 1);
  line(`  - id: ${unit.id}-hq
    name: ${quote(`Trung tâm Phục vụ hành chính công ${unit.name[0].toLowerCase()}${unit.name.slice(1)}`)}
    role: service-centre
    required: yes${options.live && options.live !== `${unit.id}-hq` ? '\n    simulated: yes\n    step: 5m' : ''}
    lat: ${at.lat.toFixed(4)}
    lon: ${at.lon.toFixed(4)}
    units: [ { unit: ${seat.id}, until: ${GO_LIVE} }, { unit: ${unit.id}, from: ${GO_LIVE} } ]
    uplinks:
      - ${ts}
      - ${net}`);
});

line(`
# Thiết bị: mỗi trụ sở một máy chủ có trạm đo. Thiết bị mạng đọc bằng SNMP thì thêm như dòng mẫu.
# Nodes: one server with an agent per site. Network gear read by SNMP is added like the sample line.
nodes:
  # Tệp community nằm cạnh tệp này, chmod 600. / The file with the community stands beside this one, chmod 600.
  # - { id: pha-long-sw1, site: pha-long-hq, kind: gear, address: 10.20.12.2, snmp: { version: 2c, community_file: community } }`);
for (const unit of units) line(`  - { id: ${unit.id}-srv, site: ${unit.id}-hq, kind: server }`);
process.stdout.write(out.join('\n') + '\n');
