import { ApiProperty } from '@nestjs/swagger';
import type { Campaign } from '#database';
import { Text } from '../../http/index.js';
import type { Waterfall } from '../waterfall.js';
import { AudienceDto, WaterfallDto } from './audience.dto.js';

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

  @ApiProperty({ enum: ['draft', 'scheduled', 'launched', 'cancelled', 'archived'], example: 'draft' })
  status!: string;

  @ApiProperty({ type: AudienceDto, nullable: true, description: 'Whom it is for.' })
  audience!: object | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When it is, or was, to be launched.' })
  launchAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The local time at which each contact is to be sent it.', example: '2030-01-01T09:00:00' })
  localTime!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  launchedAt!: string | null;

  @ApiProperty({ type: WaterfallDto, nullable: true, description: 'The counts of the launch, which stay as they were.' })
  waterfall!: object | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why a scheduled launch did not take place; it is a draft again.' })
  launchError!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  static of(campaign: Campaign): CampaignDto {
    return {
      id: campaign.id, name: campaign.name, externalId: campaign.externalId, status: campaign.status,
      audience: campaign.audience, launchAt: campaign.launchAt?.toISOString() ?? null,
      localTime: campaign.sendLocal, launchedAt: campaign.launchedAt?.toISOString() ?? null,
      waterfall: campaign.waterfall === null ? null : WaterfallDto.of(campaign.waterfall as Waterfall), launchError: campaign.launchError,
      createdAt: campaign.createdAt.toISOString(), updatedAt: campaign.updatedAt.toISOString(),
    };
  }
}
