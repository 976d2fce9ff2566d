import { endTogether, startProxy } from './proxy.js';

/** A way to a server that is cut as if the process at this end were killed. */
export interface CuttingProxy {
  readonly url: string;
  /** Counts anew. At the n-th message to the server every connection is cut, and the message does not arrive; those made later work. */
  cutAt(nth: number): void;
  /** How many messages were sent to the server since. */
  sent(): number;
  close(): Promise<void>;
}

/** Who waits for each answer, as our driver does, sends a statement or a step of one in a piece. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  let [count, fatal] = [0, Infinity];
  const { url, ends, close } = await startProxy(target, (from, to) => {
    endTogether(from, to);
    from.on('data', (data) => {
      count += 1;
      if (count === fatal) for (const end of ends) end.destroy();
      else to.write(data);
    });
    to.on('data', (data) => { from.write(data); });
  });
  return {
    url, close,
    cutAt(nth) { [count, fatal] = [0, nth]; },
    sent: () => count,
  };
}
