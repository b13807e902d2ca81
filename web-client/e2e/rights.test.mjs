/**
 * The promise of order: a student shows a screen when the teacher allows it, and not before.
 */
import assert from "node:assert/strict";
import { promise } from "./support/stage.mjs";

promise("a student shares a screen once the teacher allows it", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });
  assert.equal(await bolat.look("button", "Share screen"), null);

  await asel.openMenu("Bolat");
  await asel.press("Allow sharing: Bolat", "switch");
  await bolat.press("Share screen");
  await asel.seesPicture("figure", "Bolat — screen");

  await asel.press("Allow sharing: Bolat", "switch");
  await asel.gone("figure", "Bolat — screen");
  await bolat.gone("button", "Stop sharing");
});
