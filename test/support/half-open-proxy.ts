import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server of which packets may vanish. */
export interface HalfOpenProxy {
  /** The same address by way of the proxy. */
  readonly url: string;
  /** From now on no connection there is carries anything in either direction, for ever, and none is closed; new ones neither until `heal`. */
  blackHole(): void;
  /** New connections work; those that were there when packets vanished stay silent. */
  heal(): void;
  /** How many connections carry something. */
  alive(): number;
  close(): Promise<void>;
}

/** Stands before a server on this machine. */
export async function startHalfOpenProxy(target: string): Promise<HalfOpenProxy> {
  const { hostname, port } = new URL(target);
  const silent = new Set<Socket>();
  const lines = new Map<Socket, Socket>();
  let hole = false;
  const server = createServer((from) => {
    // Whoever hangs up in the middle of what is sent is no fault of the test.
    from.on('error', () => undefined);
    const to = connect(Number(port), hostname);
    to.on('error', () => undefined);
    lines.set(from, to);
    if (hole) silent.add(from);
    from.on('data', (data) => { if (!silent.has(from)) to.write(data); });
    to.on('data', (data) => { if (!silent.has(from)) from.write(data); });
    // Nor does it hear that the other end hung up.
    from.on('close', () => {
      lines.delete(from);
      if (!silent.delete(from)) to.destroy();
    });
    to.on('close', () => { if (!silent.has(from)) from.destroy(); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const ends = new Set<Socket>();
  server.on('connection', (from) => { const to = lines.get(from); ends.add(from); if (to !== undefined) ends.add(to); });
  return {
    url: url.href,
    blackHole() {
      hole = true;
      for (const from of lines.keys()) silent.add(from);
    },
    heal() { hole = false; },
    alive: () => [...lines.keys()].filter((from) => !silent.has(from)).length,
    async close() {
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
