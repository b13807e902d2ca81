/**
 * The WebSocket to the server.
 *
 * Invariant: at most one socket exists, and a socket that was closed from here reports nothing
 * more. When to open and how long to wait is the room's business (`room/connection.ts`).
 */
import type { ClientMessage, ServerMessage } from "./protocol";

export interface SignalingEvents {
  opened(): void;
  lost(): void;
  message(message: ServerMessage): void;
}

export class Signaling {
  private socket: WebSocket | null = null;

  constructor(
    private readonly url: string,
    private readonly events: SignalingEvents,
  ) {}

  open(): void {
    this.close();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.events.opened();
    socket.onclose = () => {
      this.forget(socket);
      this.events.lost();
    };
    socket.onmessage = ({ data }) => {
      const message = decode(data);
      if (message !== null) this.events.message(message);
    };
  }

  /** What is sent while the socket is not open is dropped: the room sends again after `joined`. */
  send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** What was sent before is still delivered. */
  close(): void {
    const { socket } = this;
    if (socket === null) return;
    this.forget(socket);
    socket.close();
  }

  private forget(socket: WebSocket): void {
    socket.onopen = null;
    socket.onclose = null;
    socket.onmessage = null;
    if (this.socket === socket) this.socket = null;
  }
}

/** The server is ours: a frame it sends is what its types say, or not JSON and worth nothing. */
function decode(data: unknown): ServerMessage | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as ServerMessage;
  } catch {
    return null;
  }
}
