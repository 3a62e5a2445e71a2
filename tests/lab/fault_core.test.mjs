// The core of the fault lab: a few faults of each family on three real provinces, judged as `make lab` judges all of them, with deadlines doubled.
import test from "node:test";
import assert from "node:assert/strict";
import { experiment, placesFor } from "./fault_lab.mjs";
import { line } from "./faults/score.mjs";
import { singles } from "./faults/table.mjs";
import { Province, missingForLab } from "./province.mjs";

const missing = missingForLab();
const shares = [
  ["carrier", "service_hang", "dns_kill"],
  ["poweroff", "agent_stop", "uplink_cut"],
  ["lan", "loss"],
];

// One after another on a province of its own; results by id.
async function share(ids, n) {
  const p = await Province.start({ name: `sc${process.pid % 100000}${n}`, sites: 4 });
  const results = [];
  try {
    p.used = new Map();
    for (const id of ids) {
      const row = singles.find((r) => r.id === id), choice = placesFor(p, row);
      for (const what of choice.taken) p.used.set(what, Date.now());
      results.push((await experiment(p, row, choice.places, { slack: 2, least: 12, settled: 5 })).result);
    }
  } finally {
    await p.stop();
  }
  return results;
}

test("faults are found, told once and explained", { skip: missing, timeout: 600e3 }, async (t) => {
  for (const result of (await Promise.all(shares.map(share))).flat())
    await t.test(result.id, () => {
      console.log(`# ${line(result)}`);
      assert.ok(result.firstRight, `first cause: ${result.causes.map((c) => c.first)}`);
      assert.ok(result.finalRight, `final cause: ${result.causes.map((c) => c.final)}`);
      assert.ok(result.mailsRight, `mails: ${JSON.stringify(result.opening)}`);
      assert.deepEqual(result.false, []);
      assert.ok(result.detectedInTime && result.mailedInTime, JSON.stringify(result.causes));
    });
});
