/**
 * What pictures are coded in: what the server asks for, and whether this browser can.
 *
 * Invariant: nobody waits long for the answer, and whoever gets none codes as every browser can.
 */
import type { ServerInfo, VideoCodec } from "./protocol";

/** Codecs that put a camera's sizes in one stream. */
export type Layered = Exclude<VideoCodec, "vp8">;

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
const MODES: readonly Scalable[] = [
  { scalabilityMode: "L1T3", scaleResolutionDownBy: 4 },
  { scalabilityMode: "L2T3_KEY", scaleResolutionDownBy: 2 },
  { scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1 },
];
const ALL_SIZES = "L3T3_KEY";
/** What they may take, for about the same picture. */
const MAX_BITRATES: Record<Layered, readonly [number, number, number]> = {
  vp9: [150_000, 600_000, 2_100_000],
  av1: [120_000, 480_000, 1_700_000],
};

/** The one encoding of a camera of which these sizes are wanted; those that are not listed are. */
export function oneStream(codec: Layered, wanted: readonly boolean[]): Scalable {
  const sizes = MODES.map((_, i) => wanted[i] ?? true);
  const top = sizes.lastIndexOf(true);
  const most = Math.max(top, 0);
  return { ...MODES[most], maxBitrate: MAX_BITRATES[codec][most] ?? 0, active: top >= 0 };
}

/**
 * What this browser codes a camera's sizes in, in one stream, if it is asked for that and can: others
 * drop what they do not know.
 */
export async function ownCodec(asked: VideoCodec): Promise<VideoCodec> {
  if (asked === "vp8" || !codesOneStream(asked)) return "vp8";
  return asked === "vp9" || (await codesAv1InTime()) ? asked : "vp8";
}

function codesOneStream(codec: Layered): boolean {
  const known = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  if (!known.some(codec === "vp9" ? isVp9 : isAv1)) return false;
  const trial = new RTCPeerConnection();
  try {
    const { sender } = trial.addTransceiver("video", { sendEncodings: [oneStream(codec, [])] });
    const [encoding]: Scalable[] = sender.getParameters().encodings;
    return encoding?.scalabilityMode === ALL_SIZES;
  } catch {
    return false;
  } finally {
    trial.close();
  }
}

/** A camera of which the browser is asked whether this device codes it as fast as it comes. */
const CAMERA = { width: 1_280, height: 720, framerate: 30 };

/** AV1 is too much for many phones; a browser that cannot say codes as every one can. */
async function codesAv1InTime(): Promise<boolean> {
  const [, , bitrate] = MAX_BITRATES.av1;
  const video = { contentType: "video/AV1", ...CAMERA, bitrate, scalabilityMode: ALL_SIZES };
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  try {
    const asked = navigator.mediaCapabilities.encodingInfo({ type: "webrtc", video });
    const info = await Promise.race([asked, late]);
    return info?.supported === true && info.smooth;
  } catch {
    return false;
  }
}

/** VP9 in the profile that every decoder of it knows. */
export function isVp9(codec: RTCRtpCodec): boolean {
  const profile = /profile-id=(\d+)/.exec(codec.sdpFmtpLine ?? "")?.[1] ?? "0";
  return codec.mimeType.toLowerCase() === "video/vp9" && profile === "0";
}

/** Likewise AV1. */
export function isAv1(codec: RTCRtpCodec): boolean {
  const profile = /(?:^|;)\s*profile=(\d+)/.exec(codec.sdpFmtpLine ?? "")?.[1] ?? "0";
  return codec.mimeType.toLowerCase() === "video/av1" && profile === "0";
}
