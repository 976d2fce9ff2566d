import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connect, type Database, migrate, startEmbeddedPostgres } from '#database';
import { type Clock, ManualClock, SystemClock } from '#kernel';
import { AppModule } from './app.module.js';
import { type Config, configWarnings } from './config.js';
import { createApp, startTraces } from './http/index.js';
import { BullQueue, PgBossQueue } from './queues/index.js';

export interface Service {
  app: NestFastifyApplication;
  database: Database;
  clock: Clock;
  /** Where it listens, without a slash at the end; `null` for a worker without a port. */
  url: string | null;
  /** Drains: no request or job is cut. Then the embedded database stops. */
  stop(): Promise<void>;
}

/** Starts the whole service: database, migrations, application, queue, and listening. Its workers begin before anybody can set a clock: one that is to stand from the first moment on is given. */
export async function startService(
  config: Config, say: (line: string) => void, clock: Clock = config.clock === 'manual' ? new ManualClock() : new SystemClock(),
): Promise<Service> {
  const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: say }) : null;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  const undo: (() => Promise<void>)[] = embedded === null ? [] : [async () => { await embedded.stop(); }];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that it ends last: what is drained is shown as well.
    if (config.traces !== null) undo.push(await startTraces(config.traces));
    const ownerUrl = config.databaseOwnerUrl ?? url;
    await migrate(ownerUrl);
    const { statementSeconds, connectSeconds } = config.databaseLimits;
    const database = await connect({
      url, takeRole: config.databaseOwnerUrl === null, statementLimitMs: statementSeconds * 1000, connectLimitMs: connectSeconds * 1000,
    });
    undo.push(async () => { await database.close(); });
    const works = config.role !== 'api';
    const queue = config.redisUrl === null ? new PgBossQueue({ url: ownerUrl, works, answerMs: Math.min(15, statementSeconds) * 1000 }) : new BullQueue({ url: config.redisUrl, works });
    undo.push(async () => { await queue.stop(); });
    const app = await createApp(AppModule.with({ config, clock, database, queue }), config);
    undo.push(async () => { await app.close(); });
    for (const warning of configWarnings(config)) new Logger('Configuration').warn(warning);
    // The modules have defined their jobs by now; and who is heard over HTTP can ring.
    await queue.start();
    if (config.port !== null) await app.listen(config.port, config.host);
    return { app, database, clock, url: config.port === null ? null : await app.getUrl(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
