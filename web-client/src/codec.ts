/**
 * What pictures are coded in: what the server asks for, and whether this browser can.
 *
 * Invariant: nobody waits long for the answer, and whoever gets none codes as every browser can.
 */
import type { ServerInfo, VideoCodec } from "./protocol";

const PATIENCE_MS = 1_500;
let asked: Promise<VideoCodec | null> | null = null;

/** What the server asks for; it is asked once, while the page's socket opens. */
export async function askedCodec(): Promise<VideoCodec> {
  asked ??= ask();
  const answer = await asked;
  if (answer === null) asked = null;
  return answer ?? "vp8";
}

async function ask(): Promise<VideoCodec | null> {
  try {
    const response = await fetch("/api/server", { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { video_codec }: ServerInfo = await response.json();
    return video_codec;
  } catch {
    return null;
  }
}

/** An encoding with the name of its layers, which the DOM's types do not know yet (webrtc-svc). */
export interface Scalable extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
}

/**
 * The camera's sizes in one stream, by how many of them anybody is shown, fewest first. However many
 * there are, the first is a quarter as high as the camera, and the others twice and four times that.
 */
const SIZES: readonly Scalable[] = [
  { scalabilityMode: "L1T3", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { scalabilityMode: "L2T3_KEY", scaleResolutionDownBy: 2, maxBitrate: 600_000 },
  { scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1, maxBitrate: 2_100_000 },
];
const ALL_SIZES = SIZES.length - 1;

/** The one encoding of a camera of which these sizes are wanted; those that are not listed are. */
export function oneStream(wanted: readonly boolean[]): Scalable {
  const sizes = SIZES.map((_, i) => wanted[i] ?? true);
  const top = sizes.lastIndexOf(true);
  return { ...SIZES[Math.max(top, 0)], active: top >= 0 };
}

/** Whether this browser codes a camera's sizes in one stream of VP9: others drop what they do not know. */
export function codesOneStream(): boolean {
  const known = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  if (!known.some(isVp9)) return false;
  const trial = new RTCPeerConnection();
  try {
    const { sender } = trial.addTransceiver("video", { sendEncodings: [oneStream([])] });
    const [encoding]: Scalable[] = sender.getParameters().encodings;
    return encoding?.scalabilityMode === SIZES[ALL_SIZES]?.scalabilityMode;
  } catch {
    return false;
  } finally {
    trial.close();
  }
}

/** VP9 in the profile that every decoder of it knows. */
export function isVp9(codec: RTCRtpCodec): boolean {
  const profile = /profile-id=(\d+)/.exec(codec.sdpFmtpLine ?? "")?.[1] ?? "0";
  return codec.mimeType.toLowerCase() === "video/vp9" && profile === "0";
}
