import { Inject, Injectable } from '@nestjs/common';
import { Database, Tenant } from '#database';
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
    const tenant = await this.database.inTenant(tenantId, async ({ em }) => await em.findOne(Tenant, { id: tenantId }));
    return tenant === null || tenant.removingAt !== null ? null : { tenantId, role, name: `user:${(subject ?? 'unnamed').slice(0, 200)}` };
  }
}
