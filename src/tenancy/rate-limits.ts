import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.js';
import { CONFIG } from '../http/index.js';
import type { Caller } from './caller.js';
import { tooManyRequests } from './tenancy.problems.js';

const windowSeconds = 60;

type Limiter = RateLimiterMemory | RateLimiterRedis;

/** Counts requests in windows of a minute of real time, per key, per tenant, and those without a valid key per address. */
@Injectable()
export class RateLimits implements OnApplicationShutdown {
  readonly #log = new Logger('RateLimits');
  readonly #redis: Redis | null;
  readonly #byKey: Limiter;
  readonly #byTenant: Limiter;
  readonly #wrongKeys: Limiter;

  constructor(@Inject(CONFIG) { redisUrl, rateLimits }: Config) {
    // A request is never kept waiting for Redis: what is not counted there is counted here.
    this.#redis = redisUrl === null ? null : new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 500 });
    this.#redis?.on('error', (error) => { this.#log.warn({ msg: 'rate limits are counted by this process alone', error: error.name }); });
    this.#byKey = this.limiter('key', rateLimits.key);
    this.#byTenant = this.limiter('tenant', rateLimits.tenant);
    this.#wrongKeys = this.limiter('wrong', rateLimits.wrongKeys);
  }

  onApplicationShutdown(): void {
    this.#redis?.disconnect();
  }

  /** Counts a request of a caller; throws the 429 where its key or its tenant has had its share. */
  async count({ tenantId, name }: Caller): Promise<void> {
    await consume(this.#byKey, `${tenantId} ${name}`);
    await consume(this.#byTenant, tenantId);
  }

  /** Counts a request without a valid key; throws the 429 where its address has sent too many. */
  async countWrongKey(address: string): Promise<void> {
    await consume(this.#wrongKeys, address);
  }

  private limiter(name: string, points: number): Limiter {
    const options = { keyPrefix: `contact-segments:limit:${name}`, points, duration: windowSeconds };
    if (this.#redis === null) return new RateLimiterMemory(options);
    return new RateLimiterRedis({ ...options, storeClient: this.#redis, insuranceLimiter: new RateLimiterMemory(options) });
  }
}

async function consume(limiter: Limiter, of: string): Promise<void> {
  try {
    await limiter.consume(createHash('sha256').update(of).digest('base64url'));
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw tooManyRequests(Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
  }
}
