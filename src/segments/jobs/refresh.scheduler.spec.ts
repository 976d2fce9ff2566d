import { SchedulerRegistry } from '@nestjs/schedule';
import { type Config, readConfig } from '../../config.js';
import type { TenantsService } from '../../tenancy/index.js';
import type { RefreshService } from '../refresh.service.js';
import { RefreshScheduler } from './refresh.scheduler.js';

const now = new Date('2026-11-20T09:30:00Z');

function schedulerOf(env: Record<string, string>): { registry: SchedulerRegistry; scheduler: RefreshScheduler; asked: unknown[] } {
  const registry = new SchedulerRegistry();
  const asked: unknown[] = [];
  const tenants = { ids: async () => ['one', 'other'] } as unknown as TenantsService;
  const refreshes = { requestAll: async (tenantId: string, at: Date) => { asked.push([tenantId, at]); }, forgetIdle: async () => 0 } as unknown as RefreshService;
  const config: Config = readConfig(env);
  return { registry, asked, scheduler: new RefreshScheduler(registry, tenants, refreshes, config, { now: () => now }) };
}

describe('the schedule of refreshes', () => {
  it('follows REFRESH_CRON in UTC', () => {
    const { registry, scheduler } = schedulerOf({ REFRESH_CRON: '15 4 * * *' });
    scheduler.onApplicationBootstrap();
    const next = registry.getCronJob('refresh').nextDate().toUTC();
    expect([next.hour, next.minute]).toEqual([4, 15]);
    registry.deleteCronJob('refresh');
  });

  it.each<Record<string, string>>([{ CLOCK: 'manual' }, { ROLE: 'api' }])('does not start with %j', (env) => {
    const { registry, scheduler } = schedulerOf(env);
    scheduler.onApplicationBootstrap();
    expect(registry.doesExist('cron', 'refresh')).toBe(false);
  });

  it('asks for every tenant, at one moment', async () => {
    const { asked, scheduler } = schedulerOf({});
    await scheduler.everyTenant();
    expect(asked).toEqual([['one', now], ['other', now]]);
  });
});
