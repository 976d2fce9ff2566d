import { Inject, Injectable } from '@nestjs/common';
import { Database, sql } from '#database';
import type { Config } from '../config.js';
import { CONFIG } from '../http/index.js';
import type { Caller } from './caller.js';
import { IdentityProvider } from './identity-provider.js';

/** JWTs of the operator's identity provider, where one is configured. */
@Injectable()
export class TokensService {
  readonly #provider: IdentityProvider | null;

  constructor(private readonly database: Database, @Inject(CONFIG) config: Config) {
    this.#provider = config.identityProvider === null ? null : new IdentityProvider(config.identityProvider);
  }

  get accepted(): boolean {
    return this.#provider !== null;
  }

  /** Who a token's bearer is, or `null` where it is not valid, or its tenant is not there or being removed. */
  async authenticate(token: string): Promise<Caller | null> {
    const identity = await this.#provider?.identify(token) ?? null;
    if (identity === null) return null;
    const { tenantId, role, subject } = identity;
    const [[tenant]] = await this.database.find<[{ removing_at: string | null }]>(tenantId, sql`select removing_at from tenant where id = ${tenantId}::uuid`);
    return tenant === undefined || tenant.removing_at !== null ? null : { tenantId, role, name: `user:${(subject ?? 'unnamed').slice(0, 200)}` };
  }
}
