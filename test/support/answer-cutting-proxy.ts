import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server by which answers are lost: what was asked for arrives, and is done. */
export interface AnswerCuttingProxy {
  readonly url: string;
  /** The body of the next answer, as the server sent it; who asked sees the connection cut instead. */
  loseNext(): Promise<string>;
  close(): Promise<void>;
}

/** Stands before an HTTP server on this machine, whose answers say how long they are. */
export async function startAnswerCuttingProxy(target: string): Promise<AnswerCuttingProxy> {
  const { hostname, port } = new URL(target);
  const ends = new Set<Socket>();
  let lost: ((body: string) => void) | null = null;
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
    from.on('data', (data) => { to.write(data); });
    let answer = '';
    to.on('data', (data) => {
      if (lost === null) {
        from.write(data);
        return;
      }
      answer += data.toString('utf8');
      const [head = '', body] = answer.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (body === undefined || Buffer.byteLength(body) < length) return;
      lost(body);
      lost = null;
      from.destroy();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNext: async () => await new Promise((resolve) => { lost = resolve; }),
    async close() {
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
