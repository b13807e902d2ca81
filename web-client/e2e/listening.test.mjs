/**
 * The promise to a student with neither camera nor microphone: they join, see and hear.
 */
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";

promise("a student without devices joins, sees and hears", async (stage) => {
  const asel = await stage.teacher("Asel", { face: "red" });
  const options = { devices: false, microphone: false, camera: false };
  const bolat = await stage.student("Bolat", asel, options);
  await hears(bolat, 1);
  await decodes(bolat, 1);
  await bolat.seesPicture("group", "Asel", "red");
  // The devices are missing, and the page says so without throwing the person out.
  await bolat.press("Camera on");
  await bolat.find("button", "Leave");
  await hears(bolat, 1);
});
