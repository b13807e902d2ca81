/**
 * How long to wait before trying again.
 *
 * Invariant: equal attempts and seeds give equal delays, and no delay exceeds `MAX_DELAY_MS`.
 */

const FIRST_DELAY_MS = 500;
export const MAX_DELAY_MS = 10_000;

/**
 * The delay before attempt number `attempts` (1 is the first retry) and the next seed. Half of it
 * is random, so that a class that lost its server together does not come back in one instant.
 */
export function backoff(attempts: number, seed: number): { delayMs: number; seed: number } {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
  const next = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return { delayMs: Math.round(full / 2 + (full / 2) * (next / 2 ** 32)), seed: next };
}
