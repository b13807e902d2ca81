/**
 * What the offer that the server reads says beyond what the browser wrote.
 *
 * Invariant: the browser's own description stays as it is; only what browsers of that kind do when
 * an answer says so is added.
 */

/**
 * Chromium and its kin ask for lost voice packets again, and repeat their own, when the answer
 * says `nack`, but do not offer it. They are told by the transport-wide feedback they offer for
 * Opus; Firefox, which can do neither, does not.
 */
export function offeringRepair(sdp: string): string {
  const lines = sdp.split("\r\n");
  let opus = "";
  const written = lines.flatMap((line) => {
    const codec = /^a=rtpmap:(\d+) opus\/48000\/2$/i.exec(line);
    if (codec !== null) opus = codec[1] ?? "";
    return line === `a=rtcp-fb:${opus} transport-cc` ? [line, `a=rtcp-fb:${opus} nack`] : [line];
  });
  return written.join("\r\n");
}
