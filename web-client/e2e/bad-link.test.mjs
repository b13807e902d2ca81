/**
 * The promise to somebody on a bad line: they go on hearing, and see what their line carries.
 */
import assert from "node:assert/strict";
import { Link } from "./support/link.mjs";
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

/** High enough for the teacher's whole picture. */
const LARGE = { width: 1600, height: 1000 };
const HALF_RTT_MS = 25;
/** Of the voice, what may be made up where the line carries it: a machine that is busy adds some. */
const CONCEALED = 0.2;

promise("a line that grows narrow carries a smaller picture and the whole voice", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.person("Bolat");
  const wide = { delay_ms: HALF_RTT_MS, rate_kbps: 4_000, queue_ms: 250 };
  const link = await Link.before(bolat.page, { up: { delay_ms: HALF_RTT_MS }, down: wide });
  try {
    await bolat.page.setViewport(LARGE);
    await bolat.page.goto(stage.server.url + asel.path);
    await bolat.join({ microphone: false, camera: false });
    await until("the whole picture", async () => (await picture(bolat)).frameHeight === 720);

    await link.change({ down: { rate_kbps: 300 } });
    await until("a smaller picture", async () => (await picture(bolat)).frameHeight < 720);
    await decodes(bolat, 1);
    const before = await voice(bolat);
    await hears(bolat, 1);
    await hears(bolat, 1);
    const after = await voice(bolat);
    const concealed = after.concealedSamples - before.concealedSamples;
    const share = concealed / (after.totalSamplesReceived - before.totalSamplesReceived);
    assert.ok(share < CONCEALED, `${share} of the voice was made up on a narrow line`);

    await link.change({ down: { rate_kbps: 4_000 } });
    await until("the whole picture again", async () => (await picture(bolat)).frameHeight === 720);
    await link.assertOnlyWay(bolat);
  } finally {
    await link.close();
  }
});

promise("a line that loses a tenth carries picture and voice", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.person("Bolat");
  const lossy = { delay_ms: HALF_RTT_MS, loss: 0.1 };
  const link = await Link.before(bolat.page, { up: lossy, down: lossy });
  try {
    await bolat.page.goto(stage.server.url + asel.path);
    await bolat.join({ microphone: false, camera: false });
    await decodes(bolat, 1);
    await hears(bolat, 1);
    await decodes(bolat, 1);
    assert.ok((await link.stats()).down.lost > 0);
    await link.assertOnlyWay(bolat);
  } finally {
    await link.close();
  }
});

function picture(person) {
  return heaviest(person, "video");
}

function voice(person) {
  return heaviest(person, "audio");
}

async function heaviest(person, kind) {
  const entries = await person.stats();
  const streams = entries.filter((entry) => entry.type === "inbound-rtp" && entry.kind === kind);
  return streams.sort((a, b) => b.bytesReceived - a.bytesReceived)[0];
}
