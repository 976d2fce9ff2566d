import { SchedulerRegistry } from '@nestjs/schedule';
import type { Database } from '#database';
import { type Config, readConfig } from '../../config.js';
import type { Queue } from '../../queues/index.js';
import { AnalyticsScheduler } from './analytics.scheduler.js';

const zones = new Map<string, string | null>([['one', null], ['other', 'America/New_York'], ['third', 'UTC']]);

/** `deaf`: the tenant for whom the bell cannot be rung. */
function schedulerOf(env: Record<string, string>, deaf?: string): { registry: SchedulerRegistry; scheduler: AnalyticsScheduler; rings: unknown[] } {
  const registry = new SchedulerRegistry();
  const rings: unknown[] = [];
  const database = { acrossTenants: async () => [...zones].map(([id, zone]) => ({ id, zone })) } as unknown as Database;
  const ring = async (kind: string, { tenantId }: { tenantId: string }, { key }: { key: string }): Promise<void> => {
    if (tenantId === deaf) throw new Error('nobody answers');
    rings.push([kind, tenantId, key]);
  };
  const queue = { ring } as unknown as Queue;
  const config: Config = readConfig(env);
  return { registry, rings, scheduler: new AnalyticsScheduler(registry, database, queue, config) };
}

function stop(registry: SchedulerRegistry): void {
  for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
}

describe('the schedule of rollups', () => {
  it('follows ANALYTICS_CRON on the clock of each tenant\'s zone', async () => {
    const { registry, scheduler } = schedulerOf({ ANALYTICS_CRON: '15 4 * * *' });
    await scheduler.onApplicationBootstrap();
    expect([...registry.getCronJobs().keys()].sort()).toEqual(['analytics America/New_York', 'analytics UTC']);
    for (const [zone, name] of [['UTC', 'analytics UTC'], ['America/New_York', 'analytics America/New_York']] as const) {
      const next = registry.getCronJob(name).nextDate().setZone(zone);
      expect([zone, next.hour, next.minute]).toEqual([zone, 4, 15]);
    }
    stop(registry);
  });

  it('is at two in the night unless told otherwise', async () => {
    const { registry, scheduler } = schedulerOf({});
    await scheduler.onApplicationBootstrap();
    expect(registry.getCronJob('analytics UTC').nextDate().toUTC().hour).toBe(2);
    stop(registry);
  });

  it('rings for the tenants of a zone, and for no others', async () => {
    const { registry, scheduler, rings } = schedulerOf({});
    await scheduler.followZones();
    await scheduler.ringZone('UTC');
    expect(rings).toEqual([['analytics', 'one', 'one'], ['analytics', 'third', 'third']]);
    stop(registry);
  });

  it('rings for the others where it cannot ring for one', async () => {
    const { registry, scheduler, rings } = schedulerOf({}, 'one');
    await scheduler.followZones();
    await scheduler.ringZone('UTC');
    expect(rings).toEqual([['analytics', 'third', 'third']]);
    stop(registry);
  });

  it('has a schedule for a zone that a tenant takes on later', async () => {
    const { registry, scheduler } = schedulerOf({});
    await scheduler.followZones();
    zones.set('third', 'Asia/Tokyo');
    await scheduler.followZones();
    zones.set('third', 'UTC');
    expect(registry.doesExist('cron', 'analytics Asia/Tokyo')).toBe(true);
    stop(registry);
  });

  it.each<Record<string, string>>([{ CLOCK: 'manual' }, { ROLE: 'api' }])('does not start with %j', async (env) => {
    const { registry, scheduler } = schedulerOf(env);
    await scheduler.onApplicationBootstrap();
    expect(registry.getCronJobs().size).toBe(0);
  });
});
