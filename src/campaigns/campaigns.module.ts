import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { RulesEngineModule } from '../rules-engine/index.js';
import { SegmentsModule } from '../segments/index.js';
import { AudienceService } from './audience.service.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { LaunchProcessor } from './jobs/launch.processor.js';
import { LaunchSweep } from './jobs/launch.sweep.js';
import { LaunchController } from './launch.controller.js';
import { LaunchService } from './launch.service.js';
import { RecipientsService } from './recipients.service.js';
import { ReportService } from './report.service.js';
import { CampaignSettingsController } from './settings.controller.js';
import { CampaignSettingsService } from './settings.service.js';
import { SuppressionsService } from './suppressions.service.js';

@Module({
  imports: [ContactsModule, RulesEngineModule, SegmentsModule],
  controllers: [CampaignsController, LaunchController, CampaignSettingsController],
  providers: [
    AudienceService, CampaignSettingsService, CampaignsService, LaunchProcessor, LaunchService, LaunchSweep, RecipientsService, ReportService,
    SuppressionsService,
  ],
  exports: [AudienceService, CampaignsService, LaunchService, RecipientsService, ReportService],
})
export class CampaignsModule {}
