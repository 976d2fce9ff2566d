import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that is cut as if the process at this end were killed. */
export interface CuttingProxy {
  readonly url: string;
  /** Counts anew. At the n-th message to the server every connection is cut, and the message does not arrive; those made later work. */
  cutAt(nth: number): void;
  /** How many messages were sent to the server since. */
  sent(): number;
  close(): Promise<void>;
}

/** Stands before a server on this machine. Who waits for each answer, as our driver does, sends a statement or a step of one in a piece. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const ends = new Set<Socket>();
  let [count, fatal] = [0, Infinity];
  const server = createServer((from) => {
    const to = connect(Number(port), hostname);
    for (const [end, other] of [[from, to], [to, from]] as const) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
    }
    from.on('data', (data) => {
      count += 1;
      if (count === fatal) for (const end of ends) end.destroy();
      else to.write(data);
    });
    to.on('data', (data) => { from.write(data); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAt(nth) { [count, fatal] = [0, nth]; },
    sent: () => count,
    async close() {
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
