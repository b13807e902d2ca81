/**
 * The microphone's level while checking devices.
 *
 * Invariant: writes the element directly, once a frame; a level never redraws the page.
 */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";

/** Speech at arm's length has an RMS of about 0.05 to 0.2. */
const FULL_SCALE_RMS = 0.25;

export function LevelMeter({ track }: { track: MediaStreamTrack }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = 0;
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      const level = Math.min(1, rms(samples) / FULL_SCALE_RMS);
      element.current?.style.setProperty("--level", level.toFixed(3));
      element.current?.setAttribute("aria-valuenow", String(Math.round(level * 100)));
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      void context.close();
    };
  }, [track]);
  return (
    <div
      ref={element}
      class="level"
      role="meter"
      aria-label={t.value.microphoneLevel}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div class="level-bar" />
    </div>
  );
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
