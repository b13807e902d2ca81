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
/** One in which each of three is shown large. */
const HUGE = { width: 2400, height: 1500 };

promise("a tile that grows gets a larger picture without a freeze", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });
  await asel.page.setViewport(LARGE);

  await bolat.page.setViewport(LARGE);
  const large = await widthOf(bolat, (width) => width === 1280);
  await until("three layers to be sent", async () => (await sent(asel)).length === 3);

  // From here on both layers are there, and what freezes is ours.
  const before = await picture(bolat);
  const made = await keyFrames(asel);
  await bolat.page.setViewport(SMALL);
  await widthOf(bolat, (width) => width < large);
  // Who needs the small layer does not wait for the coding and sending of the large one's.
  await until("a key frame of the small layer", async () => (await keyFrames(asel)).q > made.q);
  assert.equal((await keyFrames(asel)).f, made.f);
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

/** What a server may ask for, and how browsers name it. */
const ONE_STREAM = { vp9: "video/VP9", av1: "video/AV1" };

for (const [codec, mimeType] of Object.entries(ONE_STREAM)) {
  const asking = { flags: ["--video-codec", codec] };

  promise(
    `layers in one stream of ${mimeType} give each their own size without a freeze`,
    async (stage) => {
      const asel = await stage.teacher("Asel");
      const off = { microphone: false, camera: false };
      const bolat = await stage.student("Bolat", asel, off);
      const dana = await stage.student("Dana", asel, off);
      await dana.page.setViewport(SMALL);
      await bolat.page.setViewport(HUGE);
      const large = await heightOf(bolat, (height) => height === 720);
      const small = await heightOf(dana, (height) => height === large / 4);
      assert.equal(await codecOf(bolat), mimeType);
      const [only, ...others] = await sending(asel);
      assert.deepEqual([only.scalabilityMode, others.length], ["L3T3_KEY", 0]);

      const before = await pictures(bolat, dana);
      for (let turn = 0; turn < 3; turn++) {
        await bolat.page.setViewport(SMALL);
        await heightOf(bolat, (height) => height === small);
        await bolat.page.setViewport(HUGE);
        await heightOf(bolat, (height) => height === large);
      }
      const after = await pictures(bolat, dana);
      for (const [i, { framesDecoded, freezeCount }] of after.entries()) {
        assert.ok(framesDecoded > before[i].framesDecoded);
        assert.equal(freezeCount - before[i].freezeCount, 0, `frozen at ${i}`);
      }
      assert.equal((await picture(dana)).frameHeight, small, "what another shows is their own");

      // Nobody is shown the large layers any more: they are no longer coded.
      await bolat.page.setViewport(SMALL);
      await until("only the smallest layer to be coded", async () => {
        const [{ scalabilityMode, frameHeight }] = await sending(asel);
        return scalabilityMode === "L1T3" && frameHeight === small;
      });
      // And whoever shows it large has it again.
      await bolat.page.setViewport(HUGE);
      await heightOf(bolat, (height) => height === large);
    },
    asking,
  );

  promise(
    `who cannot code ${mimeType} is seen by those who can, and sees them`,
    async (stage) => {
      const asel = await stage.person("Asel");
      await asel.page.evaluateOnNewDocument(codesNo, mimeType);
      asel.path = await asel.startLesson(stage.server.url, "Algebra");
      await asel.join();
      const bolat = await stage.student("Bolat", asel, { microphone: false });
      await until("three layers to be sent", async () => (await sent(asel)).length === 3);
      await bolat.seesPicture("group", "Asel");
      await asel.seesPicture("group", "Bolat");
      assert.deepEqual([await codecOf(bolat), await codecOf(asel)], ["video/VP8", mimeType]);
    },
    asking,
  );

  promise(
    `one place shows a picture in VP8, then one in ${mimeType}, then VP8 again`,
    async (stage) => {
      const asel = await stage.teacher("Asel", { microphone: false, camera: false });
      const shown = [];
      for (const [name, face] of [
        ["Bolat", "red"],
        ["Dana", "green"],
        ["Esen", "blue"],
      ]) {
        const one = await stage.person(name, { face });
        if (name !== "Dana") await one.page.evaluateOnNewDocument(codesNo, mimeType);
        await one.page.goto(stage.server.url + asel.path);
        await one.join({ microphone: false });
        await asel.seesPicture("group", name, face);
        const { ssrc } = await picture(asel);
        shown.push([ssrc, await codecOf(asel)]);
        await one.press("Leave");
        await asel.gone("group", name);
      }
      const [[place]] = shown;
      assert.deepEqual(shown, [
        [place, "video/VP8"],
        [place, mimeType],
        [place, "video/VP8"],
      ]);
    },
    asking,
  );

  promise(
    `a screen in ${mimeType} arrives, and its frame rate is in layers`,
    async (stage) => {
      const asel = await stage.teacher("Asel", { microphone: false, camera: false });
      const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });
      await asel.press("Share screen");
      await bolat.seesPicture("figure", "Asel — screen");
      assert.equal(await codecOf(bolat), mimeType);
      const modes = (await sending(asel)).map(({ scalabilityMode }) => scalabilityMode);
      assert.ok(modes.length > 0 && modes.every((mode) => mode === "L1T3"), String(modes));
    },
    asking,
  );
}

/** Runs in the page: a browser that decodes something and does not code it. */
function codesNo(mimeType) {
  const { getCapabilities } = RTCRtpSender;
  RTCRtpSender.getCapabilities = (kind) => {
    const { codecs, ...rest } = getCapabilities.call(RTCRtpSender, kind);
    return { ...rest, codecs: codecs.filter((codec) => codec.mimeType !== mimeType) };
  };
}

function pictures(...people) {
  return Promise.all(people.map(picture));
}

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

function heightOf(person, fits) {
  return until(`a picture of another height at ${person.name}`, async () => {
    const height = (await picture(person))?.frameHeight;
    return fits(height) && height;
  });
}

async function codecOf(person) {
  const { codecId } = await picture(person);
  return (await person.stats()).find((entry) => entry.id === codecId)?.mimeType;
}

/** The streams of a person's camera. */
async function sending(person) {
  const entries = await person.stats();
  return entries.filter(
    (entry) => entry.type === "outbound-rtp" && entry.kind === "video" && entry.framesSent > 0,
  );
}

/** What a person's camera sends, layer by layer. */
async function sent(person) {
  const entries = await person.stats();
  return entries.filter(
    (entry) => entry.type === "outbound-rtp" && entry.rid !== undefined && entry.framesSent > 0,
  );
}

/** How many key frames of each layer a camera has made. */
async function keyFrames(person) {
  const layers = await sent(person);
  return Object.fromEntries(layers.map(({ rid, keyFramesEncoded }) => [rid, keyFramesEncoded]));
}
