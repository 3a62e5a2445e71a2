// province: an inventory for a swarm of N nodes, ten of them a site, each site a unit.
export function swarmProvince(nodes) {
  const sites = Math.ceil(nodes / 10);
  const id = (prefix, n, width) => prefix + String(n).padStart(width, "0");
  const lines = ['province: { id: bench, name: "Bench", trial_from: 2025-06-01, go_live: 2025-07-01 }', "units:"];
  for (let i = 0; i < sites; i++) lines.push(`  - { id: ${id("u", i, 4)}, name: "Xã ${i}", kind: commune }`);
  lines.push("sites:");
  for (let i = 0; i < sites; i++)
    lines.push(`  - { id: ${id("s", i, 4)}, name: "Trụ sở ${i}", role: service-centre, required: yes, units: [ { unit: ${id("u", i, 4)} } ],
      uplink: { kind: tslcd, carrier: VNPT, capacity_mbps: 100, terminal: 127.0.0.1 } }`);
  lines.push("nodes:");
  for (let i = 0; i < nodes; i++)
    lines.push(`  - { id: ${id("n", i, 5)}, site: ${id("s", Math.floor(i / 10), 4)}, kind: server }`);
  return lines.join("\n") + "\n";
}
