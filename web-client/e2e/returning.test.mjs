/**
 * The promise to come back: a refresh or a lost connection ends in the same seat, by itself.
 */
import assert from "node:assert/strict";
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

/** The roll holds one seat each, and this student's is taken. */
function sameSeat(teacher, name) {
  return until(`${name} in the same seat`, async () => {
    const roll = await teacher.roll();
    return Object.keys(roll).length === 2 && roll[name]?.Status === "Here";
  });
}

promise("a refresh retakes the same seat", async (stage) => {
  const asel = await stage.teacher("Asel", { face: "red" });
  const bolat = await stage.student("Bolat", asel, { face: "green" });
  await asel.seesPicture("group", "Bolat", "green");

  await bolat.page.reload();
  await bolat.inside();
  await hears(bolat, 1);
  await bolat.seesPicture("group", "Asel", "red");
  await asel.seesPicture("group", "Bolat", "green");
  await hears(asel, 1);
  await sameSeat(asel, "Bolat");
});

promise("the teacher's refresh keeps the teacher's right", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { face: "green" });
  await asel.page.reload();
  await asel.inside();
  await asel.seesPicture("group", "Bolat", "green");
  await sameSeat(asel, "Bolat");
  await hears(bolat, 1);
});

promise("a lost socket resumes while the media goes on", async (stage) => {
  const asel = await stage.teacher("Asel", { face: "red" });
  const wire = await stage.wire();
  const bolat = await stage.student("Bolat", asel, { face: "green", url: wire.url });
  await hears(bolat, 1);
  const connection = await transportId(bolat);

  wire.pull();
  await bolat.says("Connection lost. Reconnecting");
  await hears(bolat, 1);
  await decodes(bolat, 1);
  await asel.seesPicture("group", "Bolat", "green");
  wire.mend();
  await bolat.says("You are back in the lesson");

  assert.equal(await transportId(bolat), connection, "the same media connection");
  await sameSeat(asel, "Bolat");
  await bolat.press("Raise hand");
  await asel.says("Bolat raised a hand");
});

/** Tells one peer connection from its successor. */
async function transportId(person) {
  const stats = await person.stats();
  const certificate = stats.find((entry) => entry.type === "certificate");
  return certificate?.fingerprint ?? stats.find((entry) => entry.type === "transport")?.id;
}
