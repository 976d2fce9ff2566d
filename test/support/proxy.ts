import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands before a server on this machine. */
export interface Proxy {
  /** The same address by way of the proxy. */
  readonly url: string;
  /** Both ends of each connection that there is. */
  readonly ends: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** `join` says what goes from one end of a new connection to the other. An end that hangs up in the middle is no fault of the test. */
export async function startProxy(target: string, join: (from: Socket, to: Socket) => void): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const ends = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(Number(port), hostname);
    for (const end of [from, to]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => { ends.delete(end); });
    }
    join(from, to);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href, ends,
    async close() {
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}

/** Where one end hangs up, so does the other. */
export function endTogether(from: Socket, to: Socket): void {
  from.on('close', () => { to.destroy(); });
  to.on('close', () => { from.destroy(); });
}
