import { endTogether, startProxy } from './proxy.js';

/** A way to a server by which answers are lost: what was asked for arrives, and is done. */
export interface AnswerCuttingProxy {
  readonly url: string;
  /** The body of the next answer, as the server sent it; who asked sees the connection cut instead. */
  loseNext(): Promise<string>;
  close(): Promise<void>;
}

/** For an HTTP server whose answers say how long they are. */
export async function startAnswerCuttingProxy(target: string): Promise<AnswerCuttingProxy> {
  let lost: ((body: string) => void) | null = null;
  const { url, close } = await startProxy(target, (from, to) => {
    endTogether(from, to);
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
  return { url: new URL(url).origin, close, loseNext: async () => await new Promise((resolve) => { lost = resolve; }) };
}
