/**
 * The real server, as a school would start it, on ports and data of its own.
 *
 * Invariant: nothing is left behind, neither a process nor a file.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.mjs";

const BINARY =
  process.env.HOMEROOM ?? new URL("../../../target/debug/homeroom", import.meta.url).pathname;
const LOG_TAIL_CHARS = 8_000;

export class Server {
  #process = null;
  log = "";

  constructor(data, ports, flags) {
    this.data = data;
    this.ports = ports;
    this.flags = flags;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.secureUrl = `https://127.0.0.1:${ports.https}`;
  }

  /** `flags` are settings that a school would change. */
  static async start(flags = []) {
    const data = await mkdtemp(join(tmpdir(), "homeroom-e2e-"));
    const server = new Server(data, { http: await freePort(), https: await freePort() }, flags);
    await server.run();
    return server;
  }

  /** Starts it, again after `kill` on the same ports and data. */
  async run() {
    this.#process = spawn(BINARY, [
      "serve",
      ...["--data-dir", this.data],
      ...["--http", `127.0.0.1:${this.ports.http}`],
      ...["--https", `127.0.0.1:${this.ports.https}`],
      ...["--udp-port", "0"],
      ...this.flags,
    ]);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on("data", (text) => {
        this.log = (this.log + text).slice(-LOG_TAIL_CHARS);
      });
    }
    await until("the server to answer", async () => {
      if (this.#process.exitCode !== null) throw new Error(`it exited:\n${this.log}`);
      return (await fetch(`${this.url}/healthz`)).ok;
    });
  }

  /** As a power cut does: no goodbye, nothing flushed. */
  async kill() {
    await this.#end("SIGKILL");
  }

  async stop() {
    await this.#end("SIGINT");
    await rm(this.data, { recursive: true, force: true });
  }

  async #end(signal) {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(lastResort);
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}
