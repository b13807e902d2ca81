/**
 * The one RTCPeerConnection: fixed m-lines, tracks put in and out without renegotiation.
 *
 * Invariant: the m-lines and their order never change during a connection's life; what a device
 * does is `replaceTrack`, who is seen is `watch`.
 */
import { isAv1, isVp9, type Layered, oneStream, type Scalable } from "./codec";
import { type Arrivals, Playout } from "./playout";
import type { MediaLayout, MediaOffer, VideoCodec } from "./protocol";
import { AUDIO_SLOTS } from "./protocol";
import { offeringRepair } from "./sdp";

export type SendLine = "microphone" | "camera" | "screen" | "screen_audio";

/** What arrives, one stream per receive m-line, in the order of the layout. */
export interface Streams {
  readonly audio: readonly MediaStream[];
  readonly video: readonly MediaStream[];
  readonly screen: MediaStream;
  readonly screenAudio: MediaStream;
}

export type MediaState = "connected" | "interrupted" | "failed";

const MICROPHONE_BPS = 32_000;
const LOW_MICROPHONE_BPS = 16_000;
/**
 * The camera's layers, smallest first: a tile, a large tile, the whole screen. The server tells
 * which are wanted (`wanted`); temporal layers let it halve a frame rate without a key frame. In VP9
 * and AV1 they are in one stream: see `codec.ts`.
 */
const CAMERA_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 450_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];
const TEMPORAL_LAYERS = "L1T3";
const NO_TEMPORAL_LAYERS = "L1T1";
/** Pace at which arrivals are looked at. */
const PLAYOUT_MS = 1_000;
/**
 * A shared screen's: one for lines that carry little more than a voice, on which a slide may take
 * seconds, and all of it.
 */
const SCREEN_LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: "s", scaleResolutionDownBy: 1.5, maxBitrate: 40_000, maxFramerate: 2 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_500_000, maxFramerate: 15 },
];
/** The small one is no higher: text stays legible, and a slide is some ten kilobytes. */
const SMALL_SCREEN_HEIGHT = 720;

export class Media {
  private readonly connection = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    rtcpMuxPolicy: "require",
  });
  private readonly senders: Record<SendLine, RTCRtpTransceiver>;
  /** What pictures are sent in, the camera's layers in one stream; null is a stream of VP8 each. */
  private readonly layered: Layered | null;
  /** The same microphone in few and small packets, as the answer asks: for students on weak links. */
  private readonly lowMicrophone: RTCRtpTransceiver | null;
  private readonly audio: readonly RTCRtpTransceiver[];
  private readonly video: readonly RTCRtpTransceiver[];
  private readonly screen: RTCRtpTransceiver;
  private readonly screenAudio: RTCRtpTransceiver;
  readonly streams: Streams;
  private wanting: Promise<void> = Promise.resolve();
  private readonly playout = new Playout();
  private held = 0;
  private watching: ReturnType<typeof setInterval> | undefined;

  constructor(
    videoSlots: number,
    teaches: boolean,
    private readonly asked: VideoCodec,
    own: VideoCodec,
    changed: (state: MediaState) => void,
  ) {
    this.layered = own === "vp8" ? null : own;
    this.senders = {
      microphone: this.sends("audio", [{ maxBitrate: MICROPHONE_BPS }]),
      camera: this.layered
        ? this.sends("video", [oneStream(this.layered, [])])
        : this.sendsLayers(CAMERA_LAYERS, TEMPORAL_LAYERS),
      // In VP9 browsers send several only with the name of each one's layers.
      screen: this.sendsLayers(SCREEN_LAYERS, this.layered ? TEMPORAL_LAYERS : NO_TEMPORAL_LAYERS),
      screen_audio: this.sends("audio", [{}]),
    };
    this.audio = Array.from({ length: AUDIO_SLOTS }, () => this.receives("audio"));
    this.video = Array.from({ length: videoSlots }, () => this.receives("video"));
    this.screen = this.receives("video");
    this.screenAudio = this.receives("audio");
    this.lowMicrophone = teaches ? this.sendsLowMicrophone() : null;
    this.streams = {
      audio: this.audio.map(streamOf),
      video: this.video.map(streamOf),
      screen: streamOf(this.screen),
      screenAudio: streamOf(this.screenAudio),
    };
    this.connection.onconnectionstatechange = () => {
      const state = stateOf(this.connection.connectionState);
      if (state === "connected") this.watchArrivals();
      if (state !== null) changed(state);
    };
  }

  /** The server is ice-lite and its candidates come with the answer: nothing is waited for. */
  async offer(): Promise<MediaOffer> {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    const sdp = this.connection.localDescription?.sdp ?? "";
    return { sdp: offeringRepair(sdp), layout: this.layout() };
  }

  async applyAnswer(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  async put(line: SendLine, track: MediaStreamTrack | null): Promise<void> {
    if (line === "screen" && track !== null) this.fitSmallScreen(track);
    const low = line === "microphone" ? this.lowMicrophone : null;
    try {
      await Promise.all([
        this.senders[line].sender.replaceTrack(track),
        low?.sender.replaceTrack(track),
      ]);
    } catch {
      // The connection was closed meanwhile: its successor gets the track.
    }
  }

  /** Sends only the layers that somebody is shown; those that are not listed go on. */
  want(line: "camera" | "screen", layers: readonly boolean[]): void {
    this.adjust(line, (encodings) => {
      const [whole] = encodings;
      if (line === "camera" && this.layered && whole !== undefined) {
        Object.assign(whole, oneStream(this.layered, layers));
        return;
      }
      for (const [i, encoding] of encodings.entries()) encoding.active = layers[i] ?? true;
    });
  }

  private fitSmallScreen(track: MediaStreamTrack): void {
    const { height } = track.getSettings();
    if (height === undefined) return;
    this.adjust("screen", ([small, whole]) => {
      const least = SCREEN_LAYERS[0]?.scaleResolutionDownBy ?? 1;
      if (small === undefined || whole === undefined) return;
      small.scaleResolutionDownBy = Math.max(least, height / SMALL_SCREEN_HEIGHT);
    });
  }

  /** One change at a time, as each is made against the parameters that the last one left. */
  private adjust(
    line: "camera" | "screen",
    change: (encodings: RTCRtpEncodingParameters[]) => void,
  ): void {
    this.wanting = this.wanting.then(() => adjust(this.senders[line].sender, change));
  }

  async stats(): Promise<Record<string, unknown>[]> {
    const report = await this.connection.getStats();
    const entries: Record<string, unknown>[] = [];
    report.forEach((entry: object) => {
      entries.push({ ...entry });
    });
    return entries;
  }

  close(): void {
    clearInterval(this.watching);
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }

  private watchArrivals(): void {
    clearInterval(this.watching);
    this.watching = setInterval(() => void this.holdArrivals(), PLAYOUT_MS);
  }

  /** The same for voices and pictures, or lips would not move with the words. */
  private async holdArrivals(): Promise<void> {
    const hold = this.playout.update(arrivals(await this.stats()), performance.now());
    if (hold === this.held) return;
    this.held = hold;
    for (const { receiver } of [...this.audio, ...this.video, this.screen, this.screenAudio]) {
      // Browsers that do not know it choose for themselves.
      (receiver as Holding).jitterBufferTarget = hold === 0 ? null : hold;
    }
  }

  private layout(): MediaLayout {
    return {
      microphone: midOf(this.senders.microphone),
      ...(this.lowMicrophone && { microphone_low: midOf(this.lowMicrophone) }),
      camera: midOf(this.senders.camera),
      screen: midOf(this.senders.screen),
      screen_audio: midOf(this.senders.screen_audio),
      audio_slots: this.audio.map(midOf),
      video_slots: this.video.map(midOf),
      screen_slot: midOf(this.screen),
      screen_audio_slot: midOf(this.screenAudio),
    };
  }

  private sends(kind: "audio" | "video", sendEncodings: Scalable[]): RTCRtpTransceiver {
    return prefer(
      kind === "video" && this.layered ? `${this.layered}First` : kind,
      this.connection.addTransceiver(kind, { direction: "sendonly", sendEncodings }),
    );
  }

  /**
   * Browsers that know RED take the packet length and the rate that the answer asks for; another
   * would send the whole voice twice.
   */
  private sendsLowMicrophone(): RTCRtpTransceiver | null {
    const known = RTCRtpSender.getCapabilities?.("audio")?.codecs ?? [];
    if (!known.some((codec) => is(codec, "audio/red"))) return null;
    try {
      return this.sends("audio", [{ maxBitrate: LOW_MICROPHONE_BPS }]);
    } catch {
      return null;
    }
  }

  /** Browsers that know no temporal layers ignore them, or refuse and are asked without. */
  private sendsLayers(
    layers: readonly RTCRtpEncodingParameters[],
    scalabilityMode: string,
  ): RTCRtpTransceiver {
    try {
      return this.sends(
        "video",
        layers.map((layer) => ({ ...layer, scalabilityMode })),
      );
    } catch {
      return this.sends("video", [...layers]);
    }
  }

  private receives(kind: "audio" | "video"): RTCRtpTransceiver {
    // Whoever sends what is asked for is to be seen, whether this browser can send it or not.
    return prefer(
      kind === "video" && this.asked !== "vp8" ? `${this.asked}Too` : kind,
      this.connection.addTransceiver(kind, { direction: "recvonly" }),
    );
  }
}

/** Not yet in the DOM's types (webrtc-extensions). */
interface Holding {
  jitterBufferTarget: number | null;
}

function arrivals(stats: readonly Record<string, unknown>[]): Arrivals {
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  const all = { received: 0, lost: 0, roundTrip: null as number | null };
  for (const entry of stats) {
    if (entry.type === "inbound-rtp") {
      all.received += number(entry.packetsReceived);
      all.lost += number(entry.packetsLost);
    } else if (entry.type === "candidate-pair" && entry.nominated === true) {
      all.roundTrip = 1_000 * number(entry.currentRoundTripTime);
    }
  }
  return all;
}

async function adjust(
  sender: RTCRtpSender,
  change: (encodings: RTCRtpEncodingParameters[]) => void,
): Promise<void> {
  try {
    const parameters = sender.getParameters();
    change(parameters.encodings);
    await sender.setParameters(parameters);
  } catch {
    // The connection was closed meanwhile, or the browser sends all it has: that harms nobody.
  }
}

/**
 * What the server forwards, as we prefer it; other codecs would only make the offer longer. Every
 * browser codes and decodes VP8; H.264 is there so that whoever sends it is seen.
 */
const isVp8 = (codec: RTCRtpCodec) => is(codec, "video/vp8");
/** Constrained baseline for 720p: what every H.264 decoder knows. */
const H264_FORMAT = ["packetization-mode=1", "profile-level-id=42e01f"];
const isH264 = (codec: RTCRtpCodec) =>
  is(codec, "video/h264") && H264_FORMAT.every((part) => codec.sdpFmtpLine?.includes(part));
/** One entry stands for the retransmissions of all of them. */
const isRepair = (codec: RTCRtpCodec) => is(codec, "video/rtx");
const CODECS = {
  audio: [
    (codec: RTCRtpCodec) => is(codec, "audio/opus"),
    // Earlier packets of a voice go along where many are lost.
    (codec: RTCRtpCodec) => is(codec, "audio/red"),
  ],
  video: [isVp8, isH264, isRepair],
  vp9First: [isVp9, isVp8, isH264, isRepair],
  vp9Too: [isVp8, isVp9, isH264, isRepair],
  av1First: [isAv1, isVp8, isH264, isRepair],
  av1Too: [isVp8, isAv1, isH264, isRepair],
};

function is(codec: RTCRtpCodec, mimeType: string): boolean {
  return codec.mimeType.toLowerCase() === mimeType;
}

function prefer(codes: keyof typeof CODECS, transceiver: RTCRtpTransceiver): RTCRtpTransceiver {
  const kind = codes === "audio" ? "audio" : "video";
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const codecs = CODECS[codes].flatMap((isOurs) => known.filter(isOurs));
  if (codecs.length > 0) transceiver.setCodecPreferences?.(codecs);
  return transceiver;
}

function streamOf(transceiver: RTCRtpTransceiver): MediaStream {
  return new MediaStream([transceiver.receiver.track]);
}

function midOf(transceiver: RTCRtpTransceiver): string {
  if (transceiver.mid === null) throw new Error("a mid exists once the offer is set locally");
  return transceiver.mid;
}

function stateOf(state: RTCPeerConnectionState): MediaState | null {
  switch (state) {
    case "connected":
      return "connected";
    case "disconnected":
      return "interrupted";
    case "failed":
    case "closed":
      return "failed";
    case "new":
    case "connecting":
      return null;
    default:
      return unreachable(state);
  }
}

function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
