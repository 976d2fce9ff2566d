import { ApiKey } from './api-key.entity.js';
import { Campaign } from './campaign.entity.js';
import { Contact } from './contact.entity.js';
import { CustomField } from './custom-field.entity.js';
import { EventType } from './event-type.entity.js';
import { Experiment } from './experiment.entity.js';
import { Segment } from './segment.entity.js';
import { Tenant } from './tenant.entity.js';
import { TenantSecret } from './tenant-secret.entity.js';

/** The explicit list. Tables that only whole statements touch (events, members, history …) have no entity. */
export const entities = [ApiKey, Campaign, Contact, CustomField, EventType, Experiment, Segment, Tenant, TenantSecret];
