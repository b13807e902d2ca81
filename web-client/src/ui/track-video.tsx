/**
 * One's own camera, mirrored as people know themselves.
 *
 * Invariant: silent, and never sent anywhere from here.
 */
import { useEffect, useRef } from "preact/hooks";

export function TrackVideo({ track }: { track: MediaStreamTrack }) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (element.current !== null) element.current.srcObject = new MediaStream([track]);
  }, [track]);
  return <video ref={element} class="mirrored" autoplay muted playsInline />;
}
