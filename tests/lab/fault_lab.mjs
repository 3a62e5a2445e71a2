// fault_lab: every fault of faults/table.mjs on real provinces, one after another, and the score sheet.
//
//   node tests/lab/fault_lab.mjs            environment: FAULT=carrier,poweroff (ids, or a part of one followed by *), JOBS=2 (provinces side by side),
//                                           NOISE=10 (minutes of healthy noise after it, 0 none), B=build
// Prints a line for each and the time left; writes build/lab/score.txt and score.json, and what was told in each to build/lab/ID.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { Province, missingForLab } from "./province.mjs";
import { judge, limitOf, line, save, sheet } from "./faults/score.mjs";
import { downloadEnd, pairs, singles } from "./faults/table.mjs";
import { noise } from "./faults/noise.mjs";
import { build, sleep } from "./way.mjs";

const IDLE_MS = 11 * 60000; // trouble at the same place within ten minutes is the old incident, reopened

// ---- where ----

const kinds = {
  one: (p) => p.places.filter((place) => place.lines.length === 1).map((place) => [place.k]),
  two: (p) => p.places.filter((place) => place.lines.length > 1).map((place) => [place.k]),
  any: (p) => p.places.map((place) => [place.k]),
  ups: (p) => p.places.filter((place) => place.ups).map((place) => [place.k]),
  fake: () => [[5]],
  near: () => [[1, 4, 5]],
  vnpt: (p) => [p.places.flatMap((place) => place.lines.flatMap((carrier, i) => (carrier === "VNPT" ? [`${place.k}${i ? "b" : ""}`] : [])))],
  dns: () => [["all"]],
  col: () => [["col"]],
};
const touched = (places) => places.map((place) => (/^\d/.test(String(place)) ? `s${parseInt(place)}` : String(place)));
const partsOf = (row) => row.parts ?? [row];
const needsOf = (row) => (row.same ? [row.same] : partsOf(row).map((part) => part.needs));

// Places for each part that have been left alone longest; { places, idle }.
export function placesFor(p, row) {
  const taken = new Set();
  let idle = Infinity;
  const places = needsOf(row).map((need) => {
    const age = (choice) => Math.min(...touched(choice).map((what) => Date.now() - (p.used.get(what) ?? 0)));
    const free = (kinds[need]?.(p) ?? [[need]]).filter((choice) => touched(choice).every((what) => !taken.has(what)));
    const best = free.sort((a, b) => age(b) - age(a))[0];
    if (!best) return null;
    idle = Math.min(idle, age(best));
    for (const what of touched(best)) taken.add(what);
    return best;
  });
  if (places.some((choice) => !choice)) return null;
  return { places: row.same ? [places[0], places[0]] : places, idle, taken };
}

// ---- one experiment ----

export async function experiment(p, row, places, options = {}) {
  const parts = partsOf(row), slack = options.slack ?? 1;
  const own = (part, list) => list.map((e) => ({ limit: limitOf(part), ...e }));
  const expected = row.pair && row.expect ? own(row, row.expect(...places)) : parts.flatMap((part, n) => own(part, part.expect(...places[n])));
  const known = new Set((await p.incidents()).map((i) => i.id)), mailsBefore = p.mails().length, load = loadavg()[0];
  const due = expected.filter((e) => !e.late && !e.optional && !row.warning).length;
  for (const [n, part] of parts.entries()) await part.before?.(p, ...places[n]);
  const t0 = Date.now();
  const since = () => (Date.now() - t0) / 1000;
  await Promise.all(parts.map((part, n) => part.on(p, ...places[n])));
  const least = row.hold || options.least || (row.hard ? 26 : 40), most = row.hold || (row.within ?? (row.hard ? 45 : 80)) * slack;
  while (since() < least || (since() < most && p.mails().length - mailsBefore < due)) await sleep(500);
  const seen = (await p.incidents()).filter((i) => !known.has(i.id));
  const offAt = since();
  for (const [n, part] of parts.entries()) {
    if (n && row.apart) await sleep(row.apart * 1000);
    await part.off(p, ...places[n]);
  }
  const unquiet = await p.quiet((row.recovery ?? 110) * slack, options.settled ?? 8), healing = p.healing;
  const incidents = (await p.incidents()).filter((i) => !known.has(i.id) || i.last_end > t0 || (i.resolved_at ?? 0) > t0);
  const mails = p.mails().slice(mailsBefore);
  const expectedSites = new Set(expected.flatMap((e) => [...(e.wide ?? []), ...(e.site ? [e.site] : [])]));
  const everywhere = expected.some((e) => !e.collector && !e.site && !e.wide); // a service or the names: no site is spared
  const healthy = p.places.filter((place) => !everywhere && !expectedSites.has(place.id)).map((place) => place.name);
  const result = { id: row.id, pair: !!row.pair, hard: !!row.hard, warning: !!row.warning, within: row.within, places: places.flat(), at: new Date(t0).toISOString(), load: Math.max(load, loadavg()[0]), offAt, took: since(), unquiet, ...judge({ row, expected, t0, incidents, mails, healthy, simultaneous: slack }) };
  return { result, told: { result, expected, seen, healing, incidents, mails: mails.map(({ text, ...m }) => m) } };
}

// What an experiment may have left: nothing of it may spoil the next.
async function clear(p) {
  for (const k of [...(p.downloads?.keys() ?? [])]) downloadEnd(p, k);
  await p.lab("fault_all_off").catch(() => {});
  return p.quiet(90);
}

// ---- all ----

async function worker(name, queue, done) {
  let p, failures = 0;
  while (queue.length && failures < 3) {
    let choice;
    try {
      p ??= await Province.start({ name });
      failures = 0;
      p.used ??= new Map();
      const choices = queue.map((row) => ({ row, ...placesFor(p, row) })).filter((c) => c.places);
      choice = choices.find((c) => c.idle >= IDLE_MS) ?? choices.sort((a, b) => b.idle - a.idle)[0];
      queue.splice(queue.indexOf(choice.row), 1);
      for (const what of choice.taken) p.used.set(what, Date.now());
      const before = await clear(p);
      if (before.length) console.log(`  ${name}: not quiet before ${choice.row.id}: ${before.slice(0, 3).join("; ")}`);
      const { result, told } = await experiment(p, choice.row, choice.places);
      for (const what of choice.taken) p.used.set(what, Date.now());
      done(result, told);
      if (result.unquiet.length) {
        // it does not come back by itself: the next ones get a fresh province
        const left = await clear(p);
        if (left.length) {
          console.log(`  ${name}: a fresh province, since ${left.slice(0, 3).join("; ")}`);
          await p.stop(true);
          console.log(`  kept in ${p.dir}`);
          p = undefined;
        }
      }
    } catch (error) {
      console.log(`  ${name}: ${error.stack.slice(0, 2500)}`);
      done({ id: choice?.row.id ?? "?", places: [], error: error.message.split("\n")[0] }, null);
      await p?.stop(true).catch(() => {});
      p = undefined;
      failures++;
    }
  }
  return p;
}

function wanted() {
  const words = (process.env.FAULT ?? "").split(",").filter(Boolean), rows = [...singles, ...pairs];
  if (!words.length) return rows;
  const fits = (row, word) => (word === "pairs" ? row.pair : word === "singles" ? !row.pair : word.endsWith("*") ? row.id.startsWith(word.slice(0, -1)) : row.id === word);
  const found = words.flatMap((word) => {
    const some = rows.filter((row) => fits(row, word));
    if (!some.length) throw new Error(`no fault "${word}"; there are: ${rows.map((row) => row.id).join(" ")}`);
    return some;
  });
  return [...new Set(found)];
}

async function main() {
  const missing = missingForLab();
  if (missing) {
    console.log(`skipped: ${missing}`);
    return;
  }
  const rows = wanted(), queue = [...rows], results = [], began = Date.now(), jobs = Math.min(Number(process.env.JOBS || 1), queue.length), folder = process.env.OUT ?? join(build, "lab");
  mkdirSync(folder, { recursive: true });
  console.log(`${rows.length} faults on ${jobs} province${jobs > 1 ? "s" : ""}; about ${Math.ceil((rows.length * 1.6) / jobs)} minutes`);
  const done = (result, told) => {
    results.push(result);
    if (told) writeFileSync(join(folder, `${result.id.replace(/[^\w+@-]/g, "_")}.json`), JSON.stringify(told, null, 1));
    const each = (Date.now() - began) / results.length;
    console.log(`${String(results.length).padStart(3)}/${rows.length} ${line(result)}  (${Math.ceil((each * (rows.length - results.length)) / 60000)} min left)`);
    save(join(folder, "score.json"), results);
  };
  const provinces = await Promise.all(Array.from({ length: jobs }, (_, n) => worker(`sl${process.pid % 100000}${String.fromCharCode(97 + n)}`, queue, done)));
  const minutes = process.env.NOISE !== undefined ? Number(process.env.NOISE) : process.env.FAULT ? 0 : 10;
  const [p, ...rest] = provinces.filter(Boolean);
  for (const other of rest) await other.stop();
  const extra = {};
  if (minutes && p) {
    extra.noise = await noise(p, minutes).catch((error) => `MISSED healthy noise: ${error.message}`);
  }
  await p?.stop();
  const order = new Map(rows.map((row, n) => [row.id, n]));
  results.sort((a, b) => (order.get(a.id) ?? 1e9) - (order.get(b.id) ?? 1e9));
  const { text, goals } = sheet(results, extra);
  save(join(folder, "score.json"), results, extra);
  writeFileSync(join(folder, "score.txt"), `${text}\n`);
  console.log(`\n${text}`);
  process.exitCode = goals.every((g) => g.met) && !String(extra.noise ?? "").startsWith("MISSED") ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) await main();
