export { CampaignsModule } from './campaigns.module.js';
export { CampaignsService, insertCampaign } from './campaigns.service.js';
