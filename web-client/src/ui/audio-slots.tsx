/**
 * The voices: one hidden player per audio slot, and the screen's sound.
 *
 * Invariant: a browser that refuses to play without a tap is asked for that tap at once, in the
 * middle of the screen; silence is never left unexplained.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import type { Streams } from "../media";
import type { Session } from "../session";
import { Icon } from "./icons";

interface AudioSlotsProps {
  readonly streams: Streams | null;
  readonly session: Session;
}

export function AudioSlots({ streams, session }: AudioSlotsProps) {
  const players = useRef(new Set<HTMLAudioElement>());
  const [blocked, setBlocked] = useState(false);
  useEffect(() => session.dispatch({ type: "playing", audio: !blocked }), [session, blocked]);
  const all = streams === null ? [] : [...streams.audio, streams.screenAudio];

  function play(player: HTMLAudioElement): void {
    player.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") setBlocked(true);
    });
  }

  function playAll(): void {
    setBlocked(false);
    players.current.forEach(play);
  }

  return (
    <>
      {all.map((stream) => (
        <Player key={stream.id} stream={stream} players={players.current} play={play} />
      ))}
      {blocked && (
        <button type="button" class="tap-to-hear" onClick={playAll}>
          <Icon name="sound" />
          {t.value.tapToHear}
        </button>
      )}
    </>
  );
}

interface PlayerProps {
  readonly stream: MediaStream;
  readonly players: Set<HTMLAudioElement>;
  readonly play: (player: HTMLAudioElement) => void;
}

function Player({ stream, players, play }: PlayerProps) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const player = element.current;
    if (player === null) return;
    players.add(player);
    player.srcObject = stream;
    play(player);
    return () => {
      players.delete(player);
      player.srcObject = null;
    };
  }, [stream]);
  // biome-ignore lint/a11y/useMediaCaption: live voices have no caption track.
  return <audio ref={element} class="hidden" autoplay />;
}
