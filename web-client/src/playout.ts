/**
 * How long to hold what arrives before it is played, so that what got lost can be sent again in time.
 *
 * A browser that sends nothing learns no round trip from reports and leaves no time for a repair by
 * itself. On a clean line nothing is held.
 *
 * Invariant: pure; grows at once, shrinks only after a while without need, and never exceeds
 * `LONGEST_MS`.
 */

/** Packets and round trip as a browser counts them. */
export interface Arrivals {
  readonly received: number;
  readonly lost: number;
  /** Milliseconds; null while unknown. */
  readonly roundTrip: number | null;
}

/** More would make a conversation hard; a lecture bears it. */
const LONGEST_MS = 400;
/** Less loss than this is repaired within what a browser holds anyway. */
const LEAST_LOSS = 0.01;
/** Share of packets that may be missing in the end. */
const RESIDUE = 0.0002;
/** Noticing a gap, asking, and the way of the answer through both ends. */
const OVERHEAD_MS = 20;
const FIRST_MS = 40;
/** A browser that knows no round trip asks again after so long. */
const ASK_AGAIN_MS = 100;
const UNKNOWN_ROUND_TRIP_MS = 100;
/** A window with fewer packets says little of loss. */
const LEAST_PACKETS = 30;
/** Weight of a new window. */
const WEIGHT = 0.4;
/** Loss comes in spells: what is held is given up slowly. */
const SHRINK_AFTER_MS = 10_000;

export class Playout {
  private before: Arrivals | null = null;
  private loss = 0;
  private target = 0;
  private neededAt = 0;

  /** Takes the totals so far; what to hold from now on, in milliseconds. 0 is the browser's choice. */
  update(arrivals: Arrivals, now: number): number {
    const { before } = this;
    const received = arrivals.received - (before?.received ?? 0);
    const lost = Math.max(0, arrivals.lost - (before?.lost ?? 0));
    if (received < 0) {
      this.before = arrivals;
      return this.target;
    }
    if (received + lost < LEAST_PACKETS) return this.target;
    this.before = arrivals;
    const share = lost / (received + lost);
    this.loss = share > this.loss ? Math.max(this.loss, (this.loss + share) / 2) : this.loss;
    this.loss += WEIGHT * (share - this.loss);
    const needed = holdFor(this.loss, arrivals.roundTrip ?? UNKNOWN_ROUND_TRIP_MS);
    if (needed >= this.target) {
      this.target = needed;
      this.neededAt = now;
    } else if (now >= this.neededAt + SHRINK_AFTER_MS) {
      this.target = needed;
      this.neededAt = now;
    }
    return this.target;
  }
}

/** Time for as many tries as it takes until hardly a packet is missing, in steps of 20 ms. */
export function holdFor(loss: number, roundTrip: number): number {
  if (loss < LEAST_LOSS) return 0;
  // A try fails when the request or the answer is lost.
  const failure = 1 - (1 - Math.min(loss, 0.5)) ** 2;
  const tries = Math.ceil(Math.log(RESIDUE / loss) / Math.log(failure));
  const first = roundTrip + OVERHEAD_MS;
  const hold = FIRST_MS + first + Math.max(0, tries - 1) * Math.max(first, ASK_AGAIN_MS);
  return Math.min(LONGEST_MS, Math.ceil(hold / 20) * 20);
}
