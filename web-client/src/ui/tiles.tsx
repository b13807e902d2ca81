/**
 * The people on the screen: each in a tile of the same size, oneself last.
 *
 * Invariant: the order is the room's; only the size is decided here, from the space there is.
 */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { pictureHeight, tileSize } from "../capacity";
import { t } from "../i18n";
import { hands, isStaff, self } from "../room";
import type { Session } from "../session";
import { Invite } from "./invite";
import { SlotVideo } from "./slot-video";
import { Tile } from "./tile";
import { TrackVideo } from "./track-video";

export function People({ session }: { session: Session }) {
  const room = session.room.value;
  const streams = session.streams.value;
  const inOrder = hands(room).map((person) => person.id);
  const shown = room.tiles.flatMap((id) => room.participants.get(id) ?? []);
  const me = self(room);
  return (
    <>
      {room.total <= 1 && <Alone session={session} />}
      <Grid session={session} count={shown.length + (me === null ? 0 : 1)}>
        {shown.map((person) => {
          const withheld = person.camera && room.withheld.cameras.includes(person.id);
          const stream = streams?.video[room.slots.indexOf(person.id)] ?? null;
          return (
            <Tile
              key={person.id}
              person={person}
              label={person.name}
              speaking={room.speaking.includes(person.id)}
              withheld={withheld}
              hand={inOrder.indexOf(person.id) + 1}
            >
              <SlotVideo stream={stream} on={person.camera && !withheld} />
            </Tile>
          );
        })}
        {me !== null && (
          <Tile
            key={me.id}
            person={{ ...me, ...room.mine }}
            label={t.value.you(me.name)}
            speaking={room.mine.microphone && room.speaking.includes(me.id)}
            hand={inOrder.indexOf(me.id) + 1}
          >
            <OwnCamera session={session} />
          </Tile>
        )}
      </Grid>
    </>
  );
}

function OwnCamera({ session }: { session: Session }) {
  const track = session.devices.camera.value;
  return track === null ? null : <TrackVideo track={track} />;
}

function Alone({ session }: { session: Session }) {
  const { lesson } = session.room.value;
  const staff = isStaff(self(session.room.value));
  return (
    <section class="alone">
      <p>{t.value.nobodyYet}</p>
      {staff && lesson !== null && <Invite code={lesson.code} />}
    </section>
  );
}

/** Tiles that change size all the time, as a window is dragged, are not asked for all the time. */
const SETTLED_MS = 250;

interface GridProps {
  readonly session: Session;
  readonly count: number;
  readonly children: ComponentChildren;
}

function Grid({ session, count, children }: GridProps) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const grid = element.current;
    if (grid === null) return;
    let settled: ReturnType<typeof setTimeout> | undefined;
    const resize = () => {
      const size = tileSize(grid.clientWidth, grid.clientHeight, count);
      grid.style.setProperty("--tile-width", `${size.width}px`);
      grid.style.setProperty("--tile-height", `${size.height}px`);
      clearTimeout(settled);
      settled = setTimeout(() => {
        const height = pictureHeight(size.height, window.devicePixelRatio);
        session.dispatch({ type: "tile_height", height });
      }, SETTLED_MS);
    };
    resize();
    const observer = new ResizeObserver(resize);
    observer.observe(grid);
    return () => {
      clearTimeout(settled);
      observer.disconnect();
    };
  }, [session, count]);
  return (
    <div class="grid" ref={element}>
      {children}
    </div>
  );
}
