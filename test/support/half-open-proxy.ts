import type { Socket } from 'node:net';
import { startProxy } from './proxy.js';

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

export async function startHalfOpenProxy(target: string): Promise<HalfOpenProxy> {
  const silent = new Set<Socket>();
  const lines = new Set<Socket>();
  let hole = false;
  const { url, close } = await startProxy(target, (from, to) => {
    lines.add(from);
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
  return {
    url, close,
    blackHole() {
      hole = true;
      for (const from of lines) silent.add(from);
    },
    heal() { hole = false; },
    alive: () => [...lines].filter((from) => !silent.has(from)).length,
  };
}
