// noise: what a healthy province is like: lines that lose 1 % in bursts and jitter by 20 ms, a reboot within maintenance. Nobody is mailed.
import { sleep } from "../way.mjs";

export async function noise(p, minutes) {
  const mails = p.mails().length, known = new Set((await p.incidents()).map((i) => i.id)), began = Date.now();
  const lines = p.places.flatMap((place) => place.lines.map((_, i) => `${place.k}${i ? "b" : ""}`));
  for (const line of lines) await p.fault("emu", line, "on", "set both loss 1 burst 4 jitter 20");
  const k = 6;
  let rebooted = "no reboot: this sansang has no maintenance";
  try {
    await p.text("maintenance", "add", `site:s${k}`, "--until", "+10m", "--reason", "thay bộ nhớ");
    await sleep(15000);
    await p.fault("poweroff", k, "on");
    await sleep(40000);
    await p.fault("poweroff", k, "off");
    await p.powerOn(k);
    rebooted = `a reboot within maintenance at s${k}`;
  } catch (error) {
    rebooted = `no reboot: ${error.message.split("\n").slice(0, 2).join(" ")}`;
  }
  while (Date.now() - began < minutes * 60000) await sleep(1000);
  for (const line of lines) await p.fault("emu", line, "off");
  const told = p.mails().slice(mails), incidents = (await p.incidents()).filter((i) => !known.has(i.id));
  const words = incidents.map((i) => `${i.id} ${i.cause}${i.excused ? ` excused by ${i.excused}` : ""}`);
  return `${told.length ? "MISSED" : "met   "} ${"healthy noise".padEnd(28)} ${"0 mails".padEnd(10)} ${told.length} mails in ${minutes} min on ${lines.length} lines of 1 % loss in bursts and 20 ms jitter; ${rebooted}; incidents: ${words.join(", ") || "none"}`;
}
