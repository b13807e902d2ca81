/**
 * A teacher's voice leaves at two rates, so that students on weak links can have the low one.
 */
import assert from "node:assert/strict";
import { hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";

/** Time over which packets are counted. */
const WHILE_MS = 6_000;

promise("a teacher's microphone is sent at a low rate too, a student's is not", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { camera: false });
  await hears(bolat, 1);
  await hears(asel, 1);

  const [low, normal, ...others] = await rates(asel);
  assert.deepEqual(others, []);
  assert.ok(low.packets > 15.5 && low.packets < 17.5, `${low.packets} packets a second`);
  assert.ok(low.kbps < 20, `${low.kbps} kbit/s with headers`);
  assert.ok(normal.packets > 47 && normal.packets < 53, `${normal.packets} packets a second`);
  assert.equal((await rates(bolat)).length, 1);
});

/** What each microphone line sends a second, the fewest packets first. */
async function rates(person) {
  const before = new Map((await sent(person)).map((entry) => [entry.id, entry]));
  await new Promise((resolve) => setTimeout(resolve, WHILE_MS));
  const rates = (await sent(person)).map((entry) => {
    const { timestamp, packetsSent, bytes } = before.get(entry.id);
    const seconds = (entry.timestamp - timestamp) / 1_000;
    return {
      packets: (entry.packetsSent - packetsSent) / seconds,
      kbps: (8 * (entry.bytes - bytes)) / 1_000 / seconds,
    };
  });
  return rates.filter(({ packets }) => packets > 0).toSorted((a, b) => a.packets - b.packets);
}

async function sent(person) {
  const entries = await person.stats();
  const voices = entries.filter((entry) => entry.type === "outbound-rtp" && entry.kind === "audio");
  return voices.map((entry) => ({ ...entry, bytes: entry.bytesSent + entry.headerBytesSent }));
}
