/**
 * The picture of one video slot.
 *
 * Invariant: shows only frames that arrived after the camera was announced on, so that a slot's
 * last frame of before is never taken for the present.
 */
import { useEffect, useRef, useState } from "preact/hooks";

interface SlotVideoProps {
  readonly stream: MediaStream | null;
  readonly on: boolean;
  readonly label?: string;
}

export function SlotVideo({ stream, on, label }: SlotVideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  const [fresh, setFresh] = useState(false);
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    video.srcObject = stream;
    // Muted video may always play; a refusal here is a saving mode that resumes by itself.
    video.play().catch(() => {});
  }, [stream]);
  useEffect(() => {
    setFresh(false);
    if (!on || element.current === null) return;
    return onNextFrame(element.current, () => setFresh(true));
  }, [on, stream]);
  return (
    <video
      ref={element}
      class={fresh ? "slot" : "slot waiting"}
      aria-label={label}
      autoplay
      muted
      playsInline
    />
  );
}

/** Calls back once a new frame is on the screen; returns how to stop waiting. */
function onNextFrame(video: HTMLVideoElement, then: () => void): () => void {
  if (typeof video.requestVideoFrameCallback === "function") {
    const handle = video.requestVideoFrameCallback(then);
    return () => video.cancelVideoFrameCallback(handle);
  }
  video.addEventListener("timeupdate", then, { once: true });
  return () => video.removeEventListener("timeupdate", then);
}
