/**
 * Short tones that call a person to the page, made here so that nothing is fetched.
 *
 * Invariant: silent where the browser wants a tap first; what is told is always also written.
 */
const TONE_S = 0.15;
const PACE_S = 0.18;
const CLOSE_MS = 1_000;

/** Plays `pitches`, in hertz, one after the other. */
export function chime(pitches: readonly number[], loudness = 0.15): void {
  const context = new AudioContext();
  const volume = context.createGain();
  volume.gain.value = loudness;
  volume.connect(context.destination);
  pitches.forEach((pitch, place) => {
    const at = context.currentTime + place * PACE_S;
    const tone = context.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume);
    tone.start(at);
    tone.stop(at + TONE_S);
  });
  setTimeout(() => void context.close(), CLOSE_MS);
}
