import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

export type Role = 'viewer' | 'editor' | 'admin';

/** The secret itself is shown once and never stored: only its SHA-256 is. */
@Entity({ tableName: 'api_key' })
export class ApiKey extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text' })
  role!: Role;

  @Property({ type: 'blob' })
  secretHash!: Buffer;

  /** The first characters of the secret, by which a key that turns up somewhere is recognised; `null` of keys made before it was kept. */
  @Property({ type: 'text', nullable: true })
  secretBeginning: string | null = null;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime', nullable: true })
  expiresAt: Date | null = null;

  @Property({ type: 'datetime', nullable: true })
  revokedAt: Date | null = null;

  @Property({ type: 'datetime', nullable: true })
  lastUsedAt: Date | null = null;

  /** Lets it end then, where it does not end before. */
  expireBy(at: Date): void {
    if (this.expiresAt === null || at < this.expiresAt) this.expiresAt = at;
  }

  isValidAt(now: Date): boolean {
    return isKeyValid(this, now);
  }
}

/** Whether a key may be used: neither revoked nor expired. */
export function isKeyValid({ revokedAt, expiresAt }: { readonly revokedAt: Date | null; readonly expiresAt: Date | null }, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}
