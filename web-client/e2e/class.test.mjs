/**
 * The promise of a class in order: its chat, who is heard, who comes in, and who does not come back.
 */
import assert from "node:assert/strict";
import { hears, silent } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

/** So long a lesson goes on without an adult. */
const ALONE_MS = 60_000;
const LISTENS = { microphone: false, camera: false };

promise("a class writes to everyone or to the teacher, and nobody else reads it", async (stage) => {
  const asel = await stage.teacher("Asel", LISTENS);
  const bolat = await stage.student("Bolat", asel, LISTENS);
  const dina = await stage.student("Dina", asel, LISTENS);

  await asel.write("Open page 45");
  await dina.find("button", "Chat, 1 new");
  await bolat.openPanel("Chat");
  await bolat.says("Open page 45");
  await bolat.press("Teacher", "radio");
  await bolat.write("I hear nothing");
  await asel.says("I hear nothing");
  await asel.says("to the teacher");
  await bolat.press("Everyone", "radio");
  await bolat.fill("Message", "One");
  await bolat.page.keyboard.down("Shift");
  await bolat.page.keyboard.press("Enter");
  await bolat.page.keyboard.up("Shift");
  await bolat.page.keyboard.type("two");
  await bolat.page.keyboard.press("Enter");
  await asel.says("One\ntwo");
  await dina.find("button", "Chat, 2 new");
  await dina.openPanel("Chat");
  await dina.says("One\ntwo");
  assert.equal(await dina.shows("I hear nothing"), false);
  await dina.find("button", "Chat");

  await asel.press("Delete the message: Bolat");
  await asel.press("Delete");
  // The first of Bolat's is the one that only the teacher reads.
  await until("that message to be gone", async () => !(await bolat.shows("I hear nothing")));
  await asel.unfold("Door and chat");
  await asel.choose("Students may write", "off");
  await dina.says("The teacher has closed the chat.");
  await asel.choose("Students may write", "teachers_only");
  await dina.says("Only the teacher sees what you write.");
  await dina.write("May I go?");
  await asel.openPanel("Chat");
  await asel.says("May I go?");
  assert.equal(await bolat.shows("May I go?"), false);
});

promise("who is muted is not heard, and under a lock only who has the floor", async (stage) => {
  const asel = await stage.teacher("Asel", LISTENS);
  const bolat = await stage.student("Bolat", asel, { microphone: true, camera: false });
  await hears(asel, 1);

  // By the keyboard alone: Esc closes the menu, not the panel, and the focus is where it was.
  await asel.openPanel();
  await (await asel.find("button", "What to do: Bolat")).focus();
  await asel.page.keyboard.press("Enter");
  await asel.find("button", "Mute");
  await asel.page.keyboard.press("Escape");
  await asel.gone("button", "Mute");
  await asel.page.keyboard.press("Enter");
  await asel.find("button", "Mute");
  await asel.page.keyboard.press("Enter");
  await bolat.says("The teacher has muted your microphone.");
  await silent(asel);
  await bolat.press("Unmute");
  await hears(asel, 1);

  await asel.press("Lock microphones", "switch");
  await bolat.find("button", "Locked");
  await silent(asel);
  await bolat.press("Locked");
  await bolat.says("Microphones are locked. Raise your hand to speak.");
  await bolat.press("Raise hand");
  await asel.press("Give the floor: Bolat");
  await bolat.says("You have the floor.");
  await bolat.find("button", "Raise hand");
  await silent(asel);
  await bolat.press("Unmute");
  await hears(asel, 1);
  await asel.press("Take the floor back: Bolat");
  await bolat.says("Your turn to speak is over.");
  await silent(asel);
  await asel.press("Lock microphones", "switch");
  await bolat.press("Unmute");
  await hears(asel, 1);
  await asel.press("Mute everyone");
  await bolat.says("The teacher has muted your microphone.");
  await silent(asel);
});

promise("a stranger waits at the door, and who was removed does not come back", async (stage) => {
  const asel = await stage.teacher("Asel", LISTENS);
  await asel.openPanel();
  await asel.unfold("Door and chat");
  await asel.press("Waiting room", "switch");

  const bolat = await stage.person("Bolat");
  await bolat.page.goto(stage.server.url + asel.path);
  await bolat.knock();
  await bolat.says("Wait for the teacher to let you in");
  await bolat.says("Algebra");
  assert.equal(await bolat.shows("Asel"), false, "a stranger reads nobody's name");
  assert.deepEqual(await bolat.stats(), [], "a stranger has no connection");
  const dina = await stage.person("Dina");
  await dina.page.goto(stage.server.url + asel.path);
  await dina.knock();
  await asel.says("2 are waiting: Bolat, Dina");
  await asel.press("One by one");
  await asel.press("Let in: Bolat");
  await bolat.inside();
  await asel.press("Not now: Dina");
  await dina.says("You were not let in");

  await asel.openMenu("Bolat");
  await asel.press("Remove from the lesson");
  await asel.press("Remove");
  await bolat.says("You were removed from this lesson");
  await asel.gone("group", "Bolat");
  await bolat.page.goto(stage.server.url + asel.path);
  await bolat.knock("Timur");
  await bolat.says("You were removed from this lesson");
  assert.equal(await asel.shows("Timur"), false, "nobody knocks under another name");

  await asel.press("Let back in: Bolat");
  await bolat.page.goto(stage.server.url + asel.path);
  await bolat.knock("Bolat");
  await asel.press("Let in: Bolat");
  await bolat.inside();

  await asel.press("Lock the lesson", "switch");
  await dina.press("Ask again");
  await dina.knock();
  await dina.says("The lesson is locked");
});

promise(
  "students are not left to themselves, and it goes on when the teacher is back",
  async (stage) => {
    const asel = await stage.teacher("Asel", LISTENS);
    const bolat = await stage.student("Bolat", asel, { microphone: true, camera: false });
    const dina = await stage.student("Dina", asel, LISTENS);
    await hears(dina, 1);
    await asel.press("Leave");
    await asel.pressStarting("Just leave");
    await until(
      "the lesson to pause",
      () => dina.shows("Your teacher is not here."),
      ALONE_MS + 30_000,
    );
    await silent(dina);
    await dina.openPanel("Chat");
    await dina.says("Only the teacher sees what you write.");
    await asel.press("Join again");
    await asel.inside();
    await until(
      "the lesson to go on",
      async () => !(await dina.shows("Your teacher is not here.")),
    );
    await hears(dina, 1);
    await bolat.find("button", "Mute");
  },
);

promise("what a student's page asks for beyond its rights changes nothing", async (stage) => {
  const asel = await stage.teacher("Asel", { microphone: true, camera: false });
  const bolat = await stage.person("Bolat");
  await bolat.page.evaluateOnNewDocument(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      window.theirSocket = this;
      send.call(this, text);
    };
  });
  await bolat.page.goto(stage.server.url + asel.path);
  await bolat.join({ microphone: false, camera: false });
  const dina = await stage.student("Dina", asel, { microphone: true, camera: false });
  await asel.write("Good morning");

  const [teacher, student] = [1, 3];
  for (const message of [
    { type: "mute", participant: teacher },
    { type: "mute", participant: student },
    { type: "mute_all" },
    { type: "lock_microphones", locked: true },
    { type: "give_floor", participant: 2, given: true },
    { type: "lower_all_hands" },
    { type: "remove", participant: teacher },
    { type: "remove", participant: student },
    { type: "lock_lesson", locked: true },
    { type: "set_lobby", on: true },
    { type: "admit", waiting: [1] },
    { type: "delete_chat", number: 1 },
    { type: "set_chat", mode: "off" },
    { type: "end_lesson" },
  ]) {
    await bolat.page.evaluate((text) => window.theirSocket.send(text), JSON.stringify(message));
  }
  await bolat.says("Only the teacher can allow this.");
  await bolat.write("Is everybody still here?");
  await asel.says("Is everybody still here?");
  await asel.says("Good morning");
  await hears(bolat, 2);
  await dina.find("button", "Mute");
  assert.deepEqual((await asel.people()).sort(), ["Asel (you)", "Bolat", "Dina"]);
  for (const rule of ["Lock microphones", "Waiting room", "Lock the lesson"]) {
    await asel.unfold("Door and chat");
    assert.equal(await asel.isOn(rule), false, rule);
  }
});
