/** Time that passes because a measurement takes it; nothing is awaited. */
export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
