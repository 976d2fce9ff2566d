// A worker on Redis as a process of its own, so that a test can kill or freeze it: queue-worker.ts <url> <kind> <lock in ms>.
import { BullQueue } from '../../src/queues/bull-queue.js';

const [url = '', kind = '', lockMs = ''] = process.argv.slice(2);
const queue = new BullQueue({ url, works: true, lockMs: Number(lockMs) });
queue.define(kind, async () => {
  process.stdout.write('begun\n');
  await new Promise((resolve) => { setTimeout(resolve, 60_000); });
});
await queue.start();
