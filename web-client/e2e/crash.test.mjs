/**
 * The promise of the roll: pulling the server's plug loses none of it.
 */
import assert from "node:assert/strict";
import { hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

promise("kill -9 loses no roll, and everyone comes back by themselves", async (stage) => {
  const asel = await stage.teacher("Asel");
  const bolat = await stage.student("Bolat", asel, { camera: false });
  const dina = await stage.student("Dina", asel, { microphone: false, camera: false });
  await dina.press("Leave");
  await dina.says("You left the lesson");
  const before = await until("the roll before the crash", async () => {
    const roll = await asel.roll();
    return roll.Bolat?.Status === "Here" && roll.Dina?.Status === "Left" && roll;
  });

  await stage.server.kill();
  await asel.says("Connection lost. Reconnecting");
  await stage.server.run();

  const after = await until("the roll after the crash", async () => {
    const roll = await asel.roll();
    return roll.Asel?.Status === "Here" && roll.Bolat?.Status === "Here" && roll;
  });
  assert.equal(after.Dina.Status, "Left");
  for (const name of ["Asel", "Bolat", "Dina"]) {
    assert.equal(after[name].Joined, before[name].Joined, `when ${name} joined`);
  }
  assert.equal(Object.keys(after).length, 3, "nobody took a second seat");
  await hears(bolat, 1);
  await hears(asel, 1);
});
