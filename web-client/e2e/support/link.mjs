/**
 * A bad line between one browser and the server: `homeroom-netsim proxy`, one process for each
 * media port that the server names to this browser.
 *
 * The page is made to see the proxy's port in the server's answer, so the product needs no switch
 * and every browser can have a line of its own. The pages and the signalling do not go through it.
 *
 * Invariant: a page with a link has no other way to the server's media: `assertOnlyWay` says so
 * from what the browser and the proxy counted.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const NETSIM =
  process.env.HOMEROOM_NETSIM ??
  new URL("../../../target/debug/homeroom-netsim", import.meta.url).pathname;
/** What IPv4 and UDP add to each datagram, which a rate in bits per second counts too. */
const OVERHEAD_BYTES = 28;

export class Link {
  /** By the server's port. */
  #proxies = new Map();
  #relay;
  #settings = { up: {}, down: {} };

  /**
   * Puts a link before a page, which must not have been opened yet; `relay.before(port)` may name
   * another port to go to in the server's stead.
   */
  static async before(page, { up = {}, down = {}, relay } = {}) {
    const link = new Link();
    link.#relay = relay;
    await link.change({
      up: { overhead_bytes: OVERHEAD_BYTES, ...up },
      down: { overhead_bytes: OVERHEAD_BYTES, ...down },
    });
    await page.exposeFunction("linkPortFor", async (port) => (await link.#proxyTo(port)).port);
    await page.evaluateOnNewDocument(sendThroughLink);
    return link;
  }

  /** Changes both directions from now on; the keys are those of `crates/netsim/src/change.rs`. */
  async change({ up = {}, down = {} }) {
    this.#settings = {
      up: { ...this.#settings.up, ...up },
      down: { ...this.#settings.down, ...down },
    };
    for (const proxy of await this.#all()) await proxy.tell({ up, down });
  }

  /** What became of the packets, of all ports together. */
  async stats() {
    const all = [];
    for (const proxy of await this.#all()) all.push(await proxy.tell({ stats: true }));
    const sum = (pick) => all.reduce((total, stats) => total + pick(stats), 0);
    const direction = (name) => ({
      sent: sum((stats) => stats[name].sent),
      delivered: sum((stats) => stats[name].delivered),
      deliveredBytes: sum((stats) => stats[name].delivered_bytes),
      lost: sum((stats) => stats[name].lost),
      queueDrops: sum((stats) => stats[name].queue_drops),
      queueMs: Math.max(0, ...all.map((stats) => stats[name].queue_ms.now ?? 0)),
    });
    const lateMs = Math.max(0, ...all.map((stats) => stats.own_lateness.mean_ms));
    return { up: direction("up"), down: direction("down"), lateMs };
  }

  /** Fails if media has come to this person by another way than the link. */
  async assertOnlyWay(person) {
    const entries = await person.stats();
    const ports = (await this.#all()).map((proxy) => proxy.port);
    const strangers = entries.filter(
      (entry) => entry.type === "remote-candidate" && !ports.includes(entry.port),
    );
    assert.deepEqual(strangers, [], `${person.name} knows a way around the link`);
    const received = entries
      .filter((entry) => entry.type === "candidate-pair")
      .reduce((total, pair) => total + pair.bytesReceived, 0);
    const { deliveredBytes } = (await this.stats()).down;
    assert.ok(
      received > 0 && received <= deliveredBytes,
      `${received} bytes came to ${person.name}, ${deliveredBytes} of them through the link`,
    );
  }

  async close() {
    for (const proxy of await this.#all()) await proxy.stop();
  }

  #proxyTo(port) {
    if (!this.#proxies.has(port)) this.#proxies.set(port, this.#start(port));
    return this.#proxies.get(port);
  }

  async #start(port) {
    const to = (await this.#relay?.before(port)) ?? port;
    return NetsimProcess.to(to, this.#settings);
  }

  #all() {
    return Promise.all(this.#proxies.values());
  }
}

/** One process. */
class NetsimProcess {
  #process;
  #answers;

  static async to(port, settings) {
    const proxy = new NetsimProcess();
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${port}`];
    proxy.#process = spawn(NETSIM, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: proxy.#process.stdout });
    proxy.#answers = lines[Symbol.asyncIterator]();
    proxy.port = Number((await proxy.#answer()).listening.split(":").at(-1));
    await proxy.tell(settings);
    return proxy;
  }

  /** One at a time: answers come in the order of the commands. */
  #turn = Promise.resolve();
  tell(command) {
    this.#turn = this.#turn.then(() => {
      this.#process.stdin.write(`${JSON.stringify(command)}\n`);
      return this.#answer();
    });
    return this.#turn;
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  async #answer() {
    const { value } = await this.#answers.next();
    const answer = JSON.parse(value ?? '{"error":"the proxy has ended"}');
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}

/** Runs in the page, before anything of it does. */
function sendThroughLink() {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
    const lines = description.sdp.split("\r\n");
    const kept = [];
    for (const line of lines) {
      const candidate = /^(a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 )(\d+)( typ host.*)$/i.exec(line);
      if (candidate === null) {
        if (!line.startsWith("a=candidate:")) kept.push(line);
        continue;
      }
      const [, head, port, tail] = candidate;
      performance.mark("link asked");
      kept.push(`${head}${await window.linkPortFor(Number(port))}${tail}`);
      performance.mark("link ready");
    }
    return original.call(this, { type: description.type, sdp: kept.join("\r\n") });
  };
}
