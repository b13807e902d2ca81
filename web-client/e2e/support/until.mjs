/**
 * Waiting for a condition, never for a time.
 *
 * Invariant: a wait that fails says what was awaited and what was seen last.
 */

/** Long enough for three browsers and a server on two busy cores. */
const DEADLINE_MS = 60_000;
const PACE_MS = 100;

/**
 * Asks `look` until it answers something truthy, and returns that. An exception counts as "not
 * yet": pages navigate and elements are redrawn while we look.
 */
export async function until(what, look, deadlineMs = DEADLINE_MS) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    let seen;
    try {
      seen = await look();
      if (seen) return seen;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${deadlineMs} ms for: ${what}`, { cause: seen });
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}
