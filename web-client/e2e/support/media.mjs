/**
 * Proof that media arrives: not that a connection exists, but that frames are decoded and that
 * sound is louder than silence.
 *
 * Invariant: every proof is a counter that rises while we look.
 */
import { until } from "./until.mjs";

/** About a third of a second of a camera. */
const FRAMES = 10;
/** About half a second of a fake microphone; more than what is still buffered after "Mute". */
const AUDIO_ENERGY = 0.1;
/** A fake microphone beeps every second. */
const SILENCE_MS = 3_500;

export function decodes(person, streams) {
  return rises(person, "video", "framesDecoded", FRAMES, streams);
}

export function hears(person, streams) {
  return rises(person, "audio", "totalAudioEnergy", AUDIO_ENERGY, streams);
}

/** No voice arrives any more, for as long as a fake microphone needs to be heard several times. */
export async function silent(person) {
  const energy = async () => {
    const voices = (await person.stats()).filter(
      (entry) => entry.type === "inbound-rtp" && entry.kind === "audio",
    );
    return voices.reduce((sum, entry) => sum + (entry.totalAudioEnergy ?? 0), 0);
  };
  await until(`silence at ${person.name}`, async () => {
    const before = await energy();
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    return (await energy()) - before < AUDIO_ENERGY / 10;
  });
}

/** At least so many inbound streams of a kind have a counter that grew by `much`. */
async function rises(person, kind, counter, much, streams) {
  const first = new Map();
  await until(`${streams} ${kind} streams whose ${counter} rises at ${person.name}`, async () => {
    let risen = 0;
    for (const entry of await person.stats()) {
      if (entry.type !== "inbound-rtp" || entry.kind !== kind) continue;
      const now = entry[counter] ?? 0;
      if (!first.has(entry.id)) first.set(entry.id, now);
      if (now > first.get(entry.id) + much) risen++;
    }
    return risen >= streams;
  });
}
