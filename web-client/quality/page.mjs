/**
 * What the page of a receiver notes for the measurements: a sample of its statistics every
 * quarter of a second, every frame it shows, and when what was said to the server and by it.
 *
 * Invariant: notes only, and changes nothing of what the product does.
 */

/** What of an entry of `getStats()` is kept; what an entry lacks is left out. */
const KEPT = {
  "inbound-rtp": [
    ...["kind", "mid", "ssrc", "bytesReceived", "headerBytesReceived", "packetsReceived"],
    ...["packetsLost", "nackCount", "pliCount", "framesDecoded", "keyFramesDecoded"],
    ...["framesDropped", "freezeCount", "totalFreezesDuration", "frameHeight"],
    ...["totalSamplesReceived", "concealedSamples", "silentConcealedSamples"],
    ...["concealmentEvents", "removedSamplesForAcceleration", "insertedSamplesForDeceleration"],
    ...["jitterBufferDelay", "jitterBufferEmittedCount", "jitterBufferTargetDelay"],
    ...["totalAudioEnergy", "retransmittedPacketsReceived", "fecPacketsReceived"],
    ...["totalDecodeTime", "packetsDiscarded", "fecPacketsDiscarded", "framesReceived"],
  ],
  "outbound-rtp": [
    ...["kind", "mid", "rid", "bytesSent", "packetsSent", "framesEncoded", "frameHeight"],
    ...["framesPerSecond", "targetBitrate", "active", "keyFramesEncoded", "pliCount", "nackCount"],
    ...["qualityLimitationReason", "qualityLimitationDurations", "totalEncodeTime"],
    ...["retransmittedPacketsSent", "framesSent"],
  ],
  "candidate-pair": [
    ...["bytesReceived", "bytesSent", "currentRoundTripTime", "availableOutgoingBitrate"],
    ...["nominated"],
  ],
};
const SAMPLE_MS = 250;

/** Begins to note in a page that has not been opened yet. */
export async function takeNotes(page) {
  await page.evaluateOnNewDocument(notes, KEPT, SAMPLE_MS);
}

/** What was noted since the page was opened: `samples`, `frames`, `marks`; times as `Date.now()`. */
export function notesOf(page) {
  return page.evaluate(() => {
    const marks = performance.getEntriesByType("mark");
    const more = marks.map(({ name, startTime }) => ({
      what: name,
      at: performance.timeOrigin + startTime,
    }));
    return { ...window.notes, marks: [...window.notes.marks, ...more] };
  });
}

/** Runs in the page, before anything of it does. */
function notes(kept, sampleMs) {
  const notes = { samples: [], frames: [], marks: [] };
  window.notes = notes;
  const now = () => performance.timeOrigin + performance.now();
  const mark = (what, detail) => notes.marks.push({ what, at: now(), ...detail });

  setInterval(async () => {
    const entries = await window.homeroomDiagnostics?.getStats();
    if (entries === undefined) return;
    const sample = { at: now(), entries: [] };
    for (const entry of entries) {
      if (!(entry.type in kept)) continue;
      if (entry.type !== "candidate-pair" && !(entry.packetsReceived > 0 || entry.packetsSent > 0))
        continue;
      const copy = { type: entry.type };
      for (const key of kept[entry.type]) if (entry[key] !== undefined) copy[key] = entry[key];
      sample.entries.push(copy);
    }
    notes.samples.push(sample);
  }, sampleMs);

  // Frames of every picture but one's own, which has no time of receipt.
  const seen = new WeakSet();
  const look = (video) => {
    const noteFrame = (shownAt, { width, height, receiveTime, rtpTimestamp }) => {
      if (receiveTime !== undefined)
        notes.frames.push({
          ...{ width, height, rtpTimestamp },
          receivedAt: performance.timeOrigin + receiveTime,
          shownAt: performance.timeOrigin + shownAt,
        });
      video.requestVideoFrameCallback(noteFrame);
    };
    video.requestVideoFrameCallback(noteFrame);
  };
  new MutationObserver(() => {
    for (const video of document.querySelectorAll("video")) {
      if (seen.has(video)) continue;
      seen.add(video);
      look(video);
    }
  }).observe(document, { childList: true, subtree: true });

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args);
      mark("socket");
      window.notesSocket = this;
      this.addEventListener("open", () => mark("socket open"));
      this.addEventListener("message", ({ data }) => mark(`got ${JSON.parse(data).type}`));
    }
    send(text) {
      const message = JSON.parse(text);
      if (message.type === "watch") window.notesWatch = message;
      mark(`said ${message.type}`, message.type === "watch" ? { heights: message.heights } : {});
      super.send(text);
    }
  };

  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...args) {
      super(...args);
      mark("connection");
      this.addEventListener("iceconnectionstatechange", () =>
        mark(`ice ${this.iceConnectionState}`),
      );
      this.addEventListener("connectionstatechange", () => mark(`media ${this.connectionState}`));
    }
    async setRemoteDescription(description) {
      const [, video] = /m=video \d+ \S+ (\d+)/.exec(description.sdp) ?? [];
      mark("answer", { videoPayloadType: Number(video) });
      await super.setRemoteDescription(description);
      mark("answer applied");
    }
  };
}
