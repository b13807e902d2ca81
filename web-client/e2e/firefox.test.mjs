/**
 * The promise to people with another browser: Firefox and Chromium see and hear each other.
 */
import { firefoxMissing } from "./support/browsers.mjs";
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";

const missing = firefoxMissing();
if (missing) console.error(`SKIPPED: the Firefox lesson: ${missing}`);

promise(
  "Firefox and Chromium see and hear each other",
  async (stage) => {
    const asel = await stage.teacher("Asel", { face: "red" });
    const bolat = await stage.student("Bolat", asel, { kind: "firefox" });
    for (const person of [asel, bolat]) {
      await hears(person, 1);
      await decodes(person, 1);
    }
    await bolat.seesPicture("group", "Asel", "red");
    await asel.seesPicture("group", "Bolat");
    await asel.press("Share screen");
    await bolat.seesPicture("figure", "Asel — screen");
    await bolat.press("Leave");
    await asel.gone("group", "Bolat");
  },
  { skip: missing ?? false },
);
