/**
 * The promise to a teacher with OBS: the page says where and with which key, and what is published
 * there arrives, until the key is renewed.
 */
import assert from "node:assert/strict";
import { hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const LISTENS = { microphone: false, camera: false };

promise("a program publishes with what the teacher's page says", async (stage) => {
  const asel = await stage.teacher("Asel", LISTENS);
  const bolat = await stage.student("Bolat", asel, LISTENS);
  await asel.unfold("Publish from OBS");
  await asel.says("No program is connected.");
  await asel.press("Make a key");
  const hidden = await valueIn(asel, "Stream key");
  assert.match(hidden, /^•+$/, "hidden until somebody shows it");
  await asel.press("Show: Stream key");
  const url = await valueIn(asel, "Server (WHIP)");
  const key = await until("the key", async () => {
    const shown = await valueIn(asel, "Stream key");
    return shown !== hidden && shown;
  });

  const obs = await stage.person("OBS", { face: "green" });
  await obs.page.goto(stage.server.url);
  assert.equal(await obs.page.evaluate(publish, url, key), 201);
  await bolat.seesPicture("group", "OBS", "green");
  await hears(bolat, 1);
  await asel.says("OBS has been publishing since");

  // A refreshed page shows the key that it had made.
  await asel.page.reload();
  await asel.inside();
  await asel.unfold("Publish from OBS");
  await asel.press("Show: Stream key");
  assert.equal(await valueIn(asel, "Stream key"), key);
  await asel.says("OBS has been publishing since");

  await asel.press("New key");
  await asel.press("New key");
  await bolat.gone("group", "OBS");
  await asel.says("No program is connected.");
  assert.equal(await obs.page.evaluate(publish, url, key), 401);
  await asel.press("Show: Stream key");
  const renewed = await valueIn(asel, "Stream key");
  assert.notEqual(renewed, key);
  assert.equal(await obs.page.evaluate(publish, url, renewed), 201);
  await asel.says("has been publishing since");

  await bolat.openPanel();
  assert.equal(await bolat.shows("Publish from OBS"), false, "no student is offered it");
});

async function valueIn(person, label) {
  const field = await person.find("textbox", label);
  return field.evaluate((input) => input.value);
}

/** What OBS does, with the browser's WebRTC; answers the status. Runs in a page. */
async function publish(url, key) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const peer = new RTCPeerConnection();
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  await peer.setLocalDescription(await peer.createOffer());
  const answer = await fetch(url, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  if (answer.status === 201) {
    await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    // Kept, or the browser collects it.
    window.published = peer;
  }
  return answer.status;
}
