/**
 * The promise to whoever brings another browser: a picture in H.264 is seen as one in VP8 is.
 */
import assert from "node:assert/strict";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const LARGE = { width: 1600, height: 1000 };
const SMALL = { width: 400, height: 300 };

promise("a camera in H.264 is seen in every size without a freeze", async (stage) => {
  const asel = await stage.person("Asel");
  await asel.page.evaluateOnNewDocument(preferH264);
  asel.path = await asel.startLesson(stage.server.url, "Algebra");
  await asel.join();
  await asel.page.setViewport(LARGE);
  const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });

  await bolat.page.setViewport(LARGE);
  const large = await widthOf(bolat, (width) => width === 1280);
  assert.equal(await codecOf(bolat), "video/H264");
  const before = await picture(bolat);
  await bolat.page.setViewport(SMALL);
  await widthOf(bolat, (width) => width < large);
  await bolat.page.setViewport(LARGE);
  await widthOf(bolat, (width) => width === large);
  const after = await picture(bolat);
  assert.ok(after.framesDecoded > before.framesDecoded);
  assert.equal(after.freezeCount - before.freezeCount, 0);
});

/** Runs in the page: its codecs in an order that the lesson's page does not choose. */
function preferH264() {
  const { prototype } = RTCRtpTransceiver;
  const { setCodecPreferences } = prototype;
  prototype.setCodecPreferences = function (codecs) {
    const rank = (codec) => (codec.mimeType === "video/H264" ? 0 : 1);
    setCodecPreferences.call(
      this,
      codecs.toSorted((a, b) => rank(a) - rank(b)),
    );
  };
}

/** The one picture that arrives. */
async function picture(person) {
  const entries = await person.stats();
  const pictures = entries.filter(
    (entry) => entry.type === "inbound-rtp" && entry.kind === "video",
  );
  return pictures.find((entry) => entry.framesDecoded > 0);
}

async function codecOf(person) {
  const { codecId } = await picture(person);
  return (await person.stats()).find((entry) => entry.id === codecId)?.mimeType;
}

/** Waits until the picture that arrives has such a width, and says which. */
function widthOf(person, fits) {
  return until(`a picture of another width at ${person.name}`, async () => {
    const width = (await picture(person))?.frameWidth;
    return fits(width) && width;
  });
}
