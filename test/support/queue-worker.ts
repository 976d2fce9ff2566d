// A worker as a process of its own, so that a test can kill it or block its event loop: queue-worker.ts <url> <kind> <ms that it is blocked>.
import { BullQueue } from '../../src/queues/bull-queue.js';
import { PgBossQueue } from '../../src/queues/pg-boss-queue.js';

const [url = '', kind = '', blockedMs = ''] = process.argv.slice(2);
const options = { url, works: true, concurrency: 1 };
const queue = url.startsWith('redis:') ? new BullQueue({ ...options, lockMs: 1000 }) : new PgBossQueue(options);
queue.define(kind, async (_payload, { signal }) => {
  process.stdout.write('begun\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(blockedMs));
  await new Promise((resolve) => { signal.addEventListener('abort', resolve); });
  process.stdout.write('told\n');
});
await queue.start();
