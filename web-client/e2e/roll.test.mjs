/**
 * The promise of the roll: it asks, it hears an answer, it takes a teacher's word and a pupil's
 * objection, and it is final when the teacher says so.
 */
import assert from "node:assert/strict";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

promise(
  "a check is answered, a pupil objects, and the teacher has the last word",
  async (stage) => {
    const asel = await stage.teacher("Asel", { microphone: true });
    const bolat = await stage.student("Bolat", asel, { microphone: false, camera: false });
    await asel.openPanel("Roll");
    await asel.says("1 of 1 here");

    await asel.press("Ask who is there");
    await bolat.says("The teacher asks: are you there?");
    // The button has the focus: the keyboard answers.
    await until("the focus on the answer", () =>
      bolat.page.evaluate(() => document.activeElement?.textContent === "I am here"),
    );
    await bolat.page.keyboard.press("Enter");
    await bolat.says("Thank you, your answer counts.");
    await asel.says("Last check: 1 of 1 answered");

    await bolat.openPanel("My attendance");
    await bolat.says("This is all the roll says about you");
    await bolat.says("1 of 1");
    await bolat.press("This is wrong");
    await bolat.fill("What is wrong?", "I was here before");
    await bolat.press("Send to the teacher");
    await bolat.says("Sent. Your teacher sees it.");
    await asel.says("Bolat says: I was here before");
    await asel.says("1 objection");

    await asel.pressStarting("Bolat");
    await asel.fill("Reason (may be empty)", "bus");
    await asel.press("Excused");
    await asel.says("marked by Asel · bus");
    await bolat.says("Excused");
    await asel.press("Confirm the roll");
    await asel.says("Confirmed at");

    await asel.press("Leave");
    await asel.pressStarting("End lesson");
    await asel.says("The roll of this lesson");
    await asel.press("Make it final");
    await asel.press("Undo");
    await asel.press("Make it final");
    await asel.says("Final since");
    await asel.press("Change it after all");
    await asel.pressStarting("Bolat");
    await asel.press("Back to what was measured");
    await until("the measured status again", async () => {
      const text = await asel.page.evaluate(() => document.body.textContent);
      return !text.includes("marked by");
    });
    assert.equal(await asel.look("button", "Undo"), null);
  },
);
