import { Logger } from '@nestjs/common';
import type { Config } from '../config.js';
import { refreshSeconds, slowRefreshes } from '../http/index.js';

const log = new Logger('SlowRefresh');
/** Of more of them the log names these, and the slowest. */
const mostNamed = 50;

type Limits = Pick<Config, 'slowRefreshSeconds'>;

/** How long segments took that were evaluated together, each measured alone over a sample of the contacts. */
export interface SegmentTimes {
  /** The slowest ones first; what was ended by its limit took this long at least. */
  readonly slowest: readonly { readonly segment: string; readonly ms: number }[];
  /** How many segments were measured, before the time for it was over. */
  readonly measured: number;
  /** How many contacts each was measured over. */
  readonly sample: number;
}

/** What of a refresh took how long: one segment alone, or all that were evaluated by one statement. */
export interface RefreshTime {
  readonly mode: 'full' | 'incremental';
  readonly tenantId: string;
  readonly segmentIds: readonly string[];
  readonly ms: number;
  /** Where it was slow, which of several segments took long. */
  readonly times?: SegmentTimes | null;
}

export function isSlow({ slowRefreshSeconds }: Limits, ms: number): boolean {
  return ms >= slowRefreshSeconds * 1000;
}

/** Metrics name no segment, since there may be any number: what was slow is counted there, and named in the log. */
export function tellRefreshTime(limits: Limits, { mode, tenantId, segmentIds, ms, times }: RefreshTime): void {
  refreshSeconds.observe({ mode }, ms / 1000);
  if (!isSlow(limits, ms)) return;
  slowRefreshes.inc({ mode });
  log.warn({ msg: 'a refresh was slow', mode, tenant: tenantId, segments: segmentIds.slice(0, mostNamed), count: segmentIds.length, ms: Math.round(ms), ...times });
}
