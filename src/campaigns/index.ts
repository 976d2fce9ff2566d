export { AudienceService } from './audience.service.js';
export type { Audience, Source } from './audience.js';
export { CampaignsModule } from './campaigns.module.js';
export { CampaignsService, insertCampaign } from './campaigns.service.js';
export { LaunchService } from './launch.service.js';
export { RecipientsService } from './recipients.service.js';
export { isCampaignId } from './sql/campaign-id.sql.js';
export { ReportService } from './report.service.js';
