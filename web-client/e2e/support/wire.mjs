/**
 * A piece of cable between a browser and the server's HTTP port that can be pulled out, or be long.
 *
 * Invariant: carries only TCP, so pages and signalling break while media goes on.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Wire {
  #whole = true;
  #sockets = new Set();
  #listener;

  #delayMs;

  constructor(listener, delayMs) {
    this.#listener = listener;
    this.#delayMs = delayMs;
    this.url = `http://127.0.0.1:${listener.address().port}`;
  }

  /** `delayMs` is what it takes each way; a connection takes a round trip before its first byte. */
  static async to(port, { delayMs = 0 } = {}) {
    let wire;
    const listener = createServer((near) => wire.#join(near, port)).listen(0, "127.0.0.1");
    await once(listener, "listening");
    wire = new Wire(listener, delayMs);
    return wire;
  }

  pull() {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend() {
    this.#whole = true;
  }

  close() {
    this.pull();
    this.#listener.close();
  }

  #join(near, port) {
    if (!this.#whole) return near.destroy();
    const far = connect(port, "127.0.0.1");
    const begins = Date.now() + 2 * this.#delayMs;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#delayMs === 0) from.pipe(to);
      else from.on("data", (bytes) => this.#carry(bytes, to, begins));
    }
  }

  /** Timers that are due together run in the order in which they were set. */
  #carry(bytes, to, begins) {
    const wait = Math.max(this.#delayMs, begins + this.#delayMs - Date.now());
    setTimeout(() => to.write(bytes), wait);
  }
}
