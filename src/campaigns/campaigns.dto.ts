import { ApiProperty } from '@nestjs/swagger';
import type { Campaign } from '#database';
import { Text } from '../http/index.js';

export class CreateCampaignDto {
  @Text({ description: 'What people and rules (`campaign.name`) call it.', example: 'Product Launch Q4' })
  name!: string;

  @Text({
    description: 'Another system\'s id of it, unique in the tenant. Events may carry it as `campaignId`, or the campaign\'s own id.',
    optional: true, nullable: true, example: 'launch-q4',
  })
  externalId?: string | null;
}

export class UpdateCampaignDto {
  @Text({ description: 'What people and rules (`campaign.name`) call it.', optional: true, example: 'Product Launch Q4, second wave' })
  name?: string;

  @Text({ description: 'Another system\'s id of it; null clears it.', optional: true, nullable: true, example: 'launch-q4' })
  externalId?: string | null;
}

export class CampaignDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Product Launch Q4' })
  name!: string;

  @ApiProperty({ type: String, nullable: true, example: 'launch-q4' })
  externalId!: string | null;

  @ApiProperty({ example: 'draft' })
  status!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  static of(campaign: Campaign): CampaignDto {
    return {
      id: campaign.id, name: campaign.name, externalId: campaign.externalId, status: campaign.status,
      createdAt: campaign.createdAt.toISOString(), updatedAt: campaign.updatedAt.toISOString(),
    };
  }
}
