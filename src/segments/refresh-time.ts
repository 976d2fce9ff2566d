import { Logger } from '@nestjs/common';
import type { Config } from '../config.js';
import { refreshSeconds, slowRefreshes } from '../http/index.js';

const log = new Logger('SlowRefresh');
/** Whoever looks for the slow one among more of them looks at the refreshes of each. */
const mostNamed = 50;

/** What of a refresh took how long: one segment alone, or all that were evaluated by one statement. */
export interface RefreshTime {
  readonly mode: 'full' | 'incremental';
  readonly tenantId: string;
  readonly segmentIds: readonly string[];
  readonly ms: number;
}

/** Metrics name no segment, since there may be any number: what was slow is counted there, and named in the log. */
export function tellRefreshTime({ slowRefreshSeconds }: Pick<Config, 'slowRefreshSeconds'>, { mode, tenantId, segmentIds, ms }: RefreshTime): void {
  refreshSeconds.observe({ mode }, ms / 1000);
  if (ms < slowRefreshSeconds * 1000) return;
  slowRefreshes.inc({ mode });
  log.warn({ msg: 'a refresh was slow', mode, tenant: tenantId, segments: segmentIds.slice(0, mostNamed), count: segmentIds.length, ms: Math.round(ms) });
}
