/**
 * The promise of a lesson: three people see and hear each other, a screen is shown, and the roll
 * knows who was there.
 */
import assert from "node:assert/strict";
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

promise(
  "three people see and hear each other, share a screen, and the roll knows",
  async (stage) => {
    const asel = await stage.teacher("Asel", { face: "red" });
    const bolat = await stage.student("Bolat", asel, { face: "green" });
    const dina = await stage.student("Dina", asel, { face: "blue" });
    const faces = { Asel: "red", Bolat: "green", Dina: "blue" };
    const people = [asel, bolat, dina];

    for (const person of people) {
      await hears(person, 2);
      await decodes(person, 2);
      for (const other of people.filter((one) => one !== person)) {
        await person.seesPicture("group", other.name, faces[other.name]);
      }
      assert.deepEqual((await person.people()).length, 3, `the people list of ${person.name}`);
    }

    await asel.press("Share screen");
    for (const student of [bolat, dina]) {
      await student.seesPicture("figure", "Asel — screen");
      await decodes(student, 3);
      await hears(student, 3);
    }
    await asel.press("Stop sharing");
    for (const student of [bolat, dina]) await student.gone("figure", "Asel — screen");

    await bolat.press("Leave");
    await bolat.says("You left the lesson");
    await dina.gone("group", "Bolat");
    const row = await until("the roll to say that Bolat left", async () => {
      const roll = await asel.roll();
      return roll.Bolat?.Status === "Left" && roll;
    });
    assert.equal(row.Asel.Status, "Here");
    assert.equal(row.Dina.Status, "Here");
    const csv = await asel.csv(await stage.downloads(asel));
    assert.deepEqual(Object.keys(csv), ["Bolat", "Dina"]);
    // Of a lesson of seconds the moments of connecting are a part; she heard it all the same.
    assert.notEqual(csv.Dina.status, "absent");
    assert.notEqual(csv.Dina.first_heard_utc, "");
    await decodes(dina, 1);
    await hears(dina, 1);
  },
);
