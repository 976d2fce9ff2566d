export { BullQueue, type BullQueueOptions } from './bull-queue.js';
export { PgBossQueue, type PgBossQueueOptions } from './pg-boss-queue.js';
export { failedRuns, type JobHandler, type JobPayload, Queue, type QueuedJob, type RingOptions, type RunningJob } from './queue.js';
export { QueuesModule } from './queues.module.js';
export { Sweep } from './sweep.js';
export { REFRESH, Wake } from './wake.js';
