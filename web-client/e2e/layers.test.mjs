/**
 * The promise of the best picture that a screen can carry: who is shown larger is sent larger, and
 * nothing freezes in between.
 */
import assert from "node:assert/strict";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

/** A window in which one person is shown large, and one in which they are a small tile. */
const LARGE = { width: 1600, height: 1000 };
const SMALL = { width: 400, height: 300 };

promise("a tile that grows gets a larger picture without a freeze", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });
  await asel.page.setViewport(LARGE);

  await bolat.page.setViewport(LARGE);
  const large = await widthOf(bolat, (width) => width === 1280);
  await until("three layers to be sent", async () => (await sent(asel)).length === 3);

  // From here on both layers are there, and what freezes is ours.
  const before = await picture(bolat);
  await bolat.page.setViewport(SMALL);
  await widthOf(bolat, (width) => width < large);
  await bolat.page.setViewport(LARGE);
  await widthOf(bolat, (width) => width === large);
  const after = await picture(bolat);
  assert.ok(after.framesDecoded > before.framesDecoded);
  assert.equal(after.freezeCount - before.freezeCount, 0);

  // Nobody is shown the large layers any more: they are no longer sent.
  await bolat.page.setViewport(SMALL);
  await until("only the smallest layer to be sent", async () => {
    const first = await sent(asel);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const frames = new Map(first.map(({ rid, framesSent }) => [rid, framesSent]));
    const now = await sent(asel);
    const running = now.filter(({ rid, framesSent }) => framesSent > frames.get(rid));
    return running.length === 1 && running[0].rid === "q";
  });
});

/** The one picture that arrives. */
async function picture(person) {
  const entries = await person.stats();
  const pictures = entries.filter(
    (entry) => entry.type === "inbound-rtp" && entry.kind === "video",
  );
  return pictures.find((entry) => entry.framesDecoded > 0);
}

/** Waits until the picture that arrives has such a width, and says which. */
function widthOf(person, fits) {
  return until(`a picture of another width at ${person.name}`, async () => {
    const width = (await picture(person))?.frameWidth;
    return fits(width) && width;
  });
}

/** What a person's camera sends, layer by layer. */
async function sent(person) {
  const entries = await person.stats();
  return entries.filter(
    (entry) => entry.type === "outbound-rtp" && entry.rid !== undefined && entry.framesSent > 0,
  );
}
