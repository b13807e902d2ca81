/**
 * A piece of cable between a browser and the server's HTTP port that can be pulled out.
 *
 * Invariant: carries only TCP, so pages and signalling break while media goes on.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Wire {
  #whole = true;
  #sockets = new Set();
  #listener;

  constructor(listener) {
    this.#listener = listener;
    this.url = `http://127.0.0.1:${listener.address().port}`;
  }

  static async to(port) {
    let wire;
    const listener = createServer((near) => wire.#join(near, port)).listen(0, "127.0.0.1");
    await once(listener, "listening");
    wire = new Wire(listener);
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
      from.pipe(to);
    }
  }
}
