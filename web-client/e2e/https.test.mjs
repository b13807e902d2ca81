/**
 * The promise of the first start: HTTPS on the local network with a certificate of our own making.
 */
import assert from "node:assert/strict";
import { decodes, hears } from "./support/media.mjs";
import { promise } from "./support/stage.mjs";

promise("a lesson over https with the self-made certificate", async (stage) => {
  const url = stage.server.secureUrl;
  const asel = await stage.teacher("Asel", { url });
  assert.equal(await asel.page.evaluate(() => window.isSecureContext), true);
  const bolat = await stage.student("Bolat", asel, { url });
  for (const person of [asel, bolat]) {
    await hears(person, 1);
    await decodes(person, 1);
  }
});
