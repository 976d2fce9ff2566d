import { ApiProperty } from '@nestjs/swagger';
import type { ApiKey, Role } from '#database';
import { Instant, OneOf, Text, WholeNumber } from '../http/index.js';
import { formatKey } from './keys.js';

export class CreateApiKeyDto {
  @Text({ description: 'What the key is for.', example: 'warehouse sync' })
  name!: string;

  @OneOf(['viewer', 'editor', 'admin'], {
    description: 'viewer reads; editor reads and writes; admin also keys, custom fields, event types and erasure.', example: 'editor',
  })
  role!: Role;

  @Instant({ description: 'From then on the key is refused. Not in the past.', optional: true, nullable: true, example: '2030-01-01T00:00:00Z' })
  expiresAt?: string | null;
}

export class RotateApiKeyDto {
  @WholeNumber({
    min: 0, max: 30 * 86_400, optional: true, example: 3600,
    description: 'For how many seconds the old key is taken beside the new one, 30 days at most; 86,400 where it is left out. 0 ends it at once.',
  })
  graceSeconds?: number;
}

export class ApiKeyDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'warehouse sync' })
  name!: string;

  @ApiProperty({ enum: ['viewer', 'editor', 'admin'] })
  role!: Role;

  @ApiProperty({
    type: String, nullable: true, example: 'sk_0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11_Zk3aQ9',
    description: 'How the key begins, so that one found somewhere can be matched, and revoked. Null of keys made before this was kept.',
  })
  prefix!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revokedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'To the minute.' })
  lastUsedAt!: string | null;

  static of(key: ApiKey): ApiKeyDto {
    return {
      id: key.id, name: key.name, role: key.role, prefix: key.secretBeginning === null ? null : formatKey(key.tenantId, key.secretBeginning), createdAt: key.createdAt.toISOString(),
      expiresAt: key.expiresAt?.toISOString() ?? null, revokedAt: key.revokedAt?.toISOString() ?? null,
      lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    };
  }
}

export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({ description: 'Shown this once.', example: 'sk_0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11_Zk3…' })
  apiKey!: string;
}
