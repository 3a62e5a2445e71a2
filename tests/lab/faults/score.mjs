// score: what was said of an experiment, against what should have been; and the sheet of all.
import { writeFileSync } from "node:fs";

const LIMITS = { hard: { detected: 15, mailed: 30 }, soft: { detected: 60, mailed: 60 } };

// By when it must be found and mailed.
export function limitOf(row) {
  if (row.within) return { kind: "within", detected: row.within, mailed: row.within };
  return row.hard ? { kind: "hard", ...LIMITS.hard } : { kind: "soft", ...LIMITS.soft };
}

const siteOf = (i) => i.site ?? null;
const sitesOf = (i) => [...(i.site ? [i.site] : []), ...(i.sites ?? [])];

// Is this incident about what was expected?
function about(i, e) {
  if (e.collector) return i.id.startsWith("collector.") || siteOf(i) === "col";
  if (e.wide) return sitesOf(i).some((s) => e.wide.includes(s));
  if (e.site) return siteOf(i) === e.site;
  return siteOf(i) === null && !i.id.startsWith("collector."); // of a service or the names, from many sites
}

function root(i, byId) {
  for (let n = 0; i.merged_into && byId.get(i.merged_into) && n < 8; n++) i = byId.get(i.merged_into);
  return i;
}

const finalOf = (i) => i.final_cause ?? i.cause_now ?? i.cause;

// Which incident answers which expectation: every way is tried, the best one counts.
function match(expected, incidents, byId) {
  const options = expected.map((e) => {
    const mine = incidents.filter((i) => about(root(i, byId), e) || about(i, e));
    return mine.filter((i) => !i.merged_into || !byId.has(i.merged_into));
  });
  let best = null;
  const walk = (n, taken, points) => {
    if (n === expected.length) {
      if (!best || points > best.points) best = { points, taken: [...taken] };
      return;
    }
    for (const i of [...options[n], null]) {
      if (i && taken.includes(i)) continue;
      const e = expected[n];
      const p = !i ? 0 : 1 + 4 * e.first.includes(i.cause) + 8 * e.final.includes(finalOf(i));
      walk(n + 1, [...taken, i], points + p);
    }
  };
  walk(0, [], 0);
  return best.taken;
}

// { row, expected, t0, offAt, incidents (new ones), mails (new ones), healthy: names of sites that may not be named }
export function judge({ row, expected, t0, incidents, mails, healthy, simultaneous }) {
  const byId = new Map(incidents.map((i) => [i.id, i]));
  const opening = mails.filter((m) => !m.recovery), recovery = mails.filter((m) => m.recovery);
  const taken = match(expected, incidents, byId);
  const causes = expected.map((e, n) => {
    const i = taken[n];
    if (!i) return { at: e.site ?? e.service ?? (e.collector ? "collector" : e.wide ? e.wide.join(",") : "names"), missed: true, expected: e, first: null, final: null, firstRight: false, finalRight: false };
    const whole = incidents.filter((o) => root(o, byId) === i);
    const detected = Math.min(...whole.map((o) => o.detected_at));
    const mail = opening.find((m) => whole.some((o) => o.id === m.incident));
    const told = mail ? byId.get(mail.incident) : whole.reduce((a, b) => (b.detected_at < a.detected_at ? b : a));
    return {
      at: i.id, expected: e, incident: i.id, first: told.cause, confidence: told.first_confidence ?? told.confidence, runnerUp: told.runner_up ?? null, final: finalOf(i), severity: i.severity,
      firstRight: e.first.includes(told.cause), finalRight: e.final.includes(finalOf(i)), state: i.state,
      detected: (detected - t0) / 1000, mailed: mail ? (mail.at - t0) / 1000 : null, late: !!e.late,
      mails: opening.filter((m) => whole.some((o) => o.id === m.incident)).length, warning: i.severity === "warning",
    };
  });
  const mayBe = (i) => expected.some((e) => about(i, e));
  const accused = incidents.filter((i) => !i.merged_into && sitesOf(i).length && !mayBe(i) && !sitesOf(i).every((s) => expected.some((e) => e.wide?.includes(s) || e.site === s)));
  const named = opening.filter((m) => healthy.some((name) => m.subject.includes(name)));
  const timed = causes.filter((c) => !c.late && !row.warning);
  const due = causes.filter((c, n) => !row.warning && !expected[n].optional).length;
  return {
    causes, opening: opening.map((m) => ({ incident: m.incident, subject: m.subject, after: (m.at - t0) / 1000 })), recovery: recovery.length,
    false: [...new Set([...accused.map((i) => `${i.id} ${i.cause}`), ...named.map((m) => `mail: ${m.subject}`)])],
    others: incidents.filter((i) => !taken.includes(i) && !i.merged_into && !accused.includes(i)).map((i) => `${i.id} ${i.cause}`),
    firstRight: causes.every((c) => c.firstRight), finalRight: causes.every((c) => c.finalRight),
    detectedInTime: timed.every((c) => c.detected !== undefined && c.detected <= c.expected.limit.detected * simultaneous),
    mailedInTime: timed.every((c) => c.mailed != null && c.mailed <= c.expected.limit.mailed * simultaneous),
    mailsRight: row.warning ? opening.length <= 1 : opening.length === due && causes.every((c) => c.missed || c.mails === 1),
  };
}

const short = (list) => list.join("|");
const seconds = (value) => (value === null || value === undefined ? "-" : value.toFixed(1));

export function line(x) {
  const words = x.error ? [x.error] : x.causes.map((c) => `${c.firstRight ? "" : "!"}${c.first ?? "nothing"}${c.final === c.first ? "" : ` > ${c.final}`}${c.finalRight ? "" : ` !(${short(c.expected.final)})`}`);
  const marks = [x.detectedInTime ? "" : "slow", x.mailedInTime ? "" : "mail-late", x.mailsRight ? "" : `mails:${x.opening?.length}`, x.false?.length ? `ACCUSED ${x.false.join("; ")}` : "", x.others?.length ? `others: ${x.others.join("; ")}` : "", x.unquiet?.length ? `not quiet after: ${x.unquiet.slice(0, 2).join("; ")}` : ""].filter(Boolean);
  return `${x.id.padEnd(34)} ${x.places.join(",").padEnd(8)} ${x.causes?.map((c) => seconds(c.detected)).join("/").padStart(9) ?? ""} ${x.causes?.map((c) => seconds(c.mailed)).join("/").padStart(9) ?? ""}  ${words.join(" & ")}  ${marks.join(", ")} [${x.load?.toFixed(1)}]`;
}

const percent = (list, key) => (list.length ? (100 * list.filter((x) => x[key]).length) / list.length : null);

export function totals(results) {
  const good = results.filter((x) => !x.error);
  const single = good.filter((x) => !x.pair), both = good.filter((x) => x.pair);
  const timed = good.flatMap((x) => (x.warning ? [] : x.causes.filter((c) => !c.late).map((c) => ({ ...c, kind: c.expected.limit.kind }))));
  const most = (list, key) => (list.length ? Math.max(...list.map((c) => c[key] ?? Infinity)) : null);
  const one = (name, goal, got, met) => ({ name, goal, got, met });
  const share = (list, key, least, name) => {
    const p = percent(list, key);
    return one(name, `>= ${least} %`, p === null ? "-" : `${p.toFixed(0)} % (${list.filter((x) => x[key]).length}/${list.length})`, p === null || p >= least);
  };
  const within = (list, key, limit, name) => {
    const late = list.filter((c) => !(c[key] <= limit)), most_ = most(list, key);
    return one(name, `<= ${limit} s`, list.length ? `slowest ${Number.isFinite(most_) ? most_.toFixed(1) : "never"} s, late ${late.length}/${list.length}` : "-", late.length === 0);
  };
  const hard = timed.filter((c) => c.kind === "hard"), soft = timed.filter((c) => c.kind === "soft");
  const slow = timed.filter((c) => c.kind === "within");
  return [
    within(hard, "detected", 15, "hard failures detected"), within(hard, "mailed", 30, "hard failures mailed"),
    within(soft, "detected", 60, "degradations detected"), within(soft, "mailed", 60, "degradations mailed"),
    ...(slow.length ? [within(slow, "detected", 150, "looked for once a minute")] : []),
    share(single, "firstRight", 90, "first cause, single"), share(both, "firstRight", 75, "first cause, pairs"),
    share(single, "finalRight", 98, "final cause, single"), share(both, "finalRight", 90, "final cause, pairs"),
    share(good, "mailsRight", 100, "one mail per root cause"),
    one("no healthy site accused", "0", String(good.reduce((n, x) => n + x.false.length, 0)), good.every((x) => !x.false.length)),
    one("experiments that ran", "all", `${good.length}/${results.length}`, good.length === results.length),
  ];
}

export function sheet(results, extra = {}) {
  const head = `${"fault".padEnd(34)} ${"where".padEnd(8)} ${"found s".padStart(9)} ${"mail s".padStart(9)}  first > final cause (! is wrong), what else [load]`;
  const goals = totals(results);
  return { text: [head, ...results.map(line), "", ...goals.map((g) => `${g.met ? "met   " : "MISSED"} ${g.name.padEnd(28)} ${g.goal.padEnd(10)} ${g.got}`), ...(extra.noise ? [extra.noise] : [])].join("\n"), goals };
}

export function save(path, results, extra) {
  writeFileSync(path, JSON.stringify({ at: new Date().toISOString(), ...extra, goals: totals(results), results }, null, 1));
}
