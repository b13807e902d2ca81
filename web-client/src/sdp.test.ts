/**
 * What is added to an offer, and what is not.
 *
 * Invariant: nothing that the browser wrote changes.
 */
import { expect, test } from "vitest";
import { offeringRepair } from "./sdp";

const CHROMIUM = [
  "v=0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=rtpmap:63 red/48000/2",
  "m=video 9 UDP/TLS/RTP/SAVPF 96",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 transport-cc",
  "",
];

test("voices that report arrivals are offered repair, pictures are left alone", () => {
  const expected = [...CHROMIUM.slice(0, 4), "a=rtcp-fb:111 nack", ...CHROMIUM.slice(4)];
  expect(offeringRepair(CHROMIUM.join("\r\n"))).toBe(expected.join("\r\n"));
});

test("an offer without such reports stays as it is", () => {
  const firefox = CHROMIUM.filter((line) => !line.includes("transport-cc")).join("\r\n");
  expect(offeringRepair(firefox)).toBe(firefox);
});
