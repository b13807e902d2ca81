/**
 * Where a join's time goes, seen next to the server: a relay between the link and the server that
 * notes which datagrams pass.
 *
 * Whatever lies between something that the browser sends and what the server answers is the
 * server's; no link and no browser is in it.
 *
 * Invariant: adds nothing but its own passing on, which is well below a millisecond.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";

export class ServerTurns {
  #sockets = [];
  passed = [];

  /** A port that passes on to the server's, for one client. */
  async before(port) {
    const [near, far] = [createSocket("udp4"), createSocket("udp4")];
    this.#sockets.push(near, far);
    near.bind(0, "127.0.0.1");
    far.bind(0, "127.0.0.1");
    await Promise.all([once(near, "listening"), once(far, "listening")]);
    let client;
    near.on("message", (bytes, from) => {
      client = from.port;
      this.#note("asked", bytes);
      far.send(bytes, port, "127.0.0.1");
    });
    far.on("message", (bytes) => {
      this.#note("answered", bytes);
      near.send(bytes, client, "127.0.0.1");
    });
    return near.address().port;
  }

  close() {
    for (const socket of this.#sockets) socket.close();
  }

  /** Milliseconds that the server took for each step; `keyFrame` until the first of the picture. */
  steps(videoPayloadType) {
    const first = (fits) => this.passed.find(fits)?.at ?? Number.NaN;
    const of = (way, kind) => (one) => one.way === way && one.kind === kind;
    const handshakeEnd = this.passed.findLast(of("answered", "dtls"))?.at;
    return {
      check: first(of("answered", "stun")) - first(of("asked", "stun")),
      handshake: this.#turns("dtls"),
      keyFrame: first((one) => one.payloadType === videoPayloadType) - handshakeEnd,
    };
  }

  /** How long the server had the turn: from the last that it was asked to the first it answered. */
  #turns(kind) {
    let [asked, sum] = [null, 0];
    for (const one of this.passed.filter((one) => one.kind === kind)) {
      if (one.way === "asked") asked = one.at;
      else if (asked !== null) {
        sum += one.at - asked;
        asked = null;
      }
    }
    return sum;
  }

  /** RFC 7983: the first byte tells. */
  #note(way, bytes) {
    const [head, second] = bytes;
    const kind =
      head < 4 ? "stun" : head < 64 ? "dtls" : second >= 192 && second < 224 ? "rtcp" : "rtp";
    const payloadType = kind === "rtp" ? second & 127 : undefined;
    this.passed.push({ way, kind, payloadType, at: performance.timeOrigin + performance.now() });
  }
}
