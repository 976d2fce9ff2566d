import { campaignEdges } from './campaigns.js';
import { dayEdges } from './days.js';
import { numbered, type Edge } from './edge.js';
import { engagementEdges } from './engagement.js';
import { profileEdges } from './profile.js';
import { referenceEdges } from './references.js';

export { type Edge } from './edge.js';
export { campaigns, customFields, definitionOf, LIST, requiredNames, segmentIds, subjects, vocabulary } from './tenant.js';

/**
 * For every template of the guide, and every segment that one of them requires, contacts just inside and just outside of
 * each edge. Who is a member is derived by hand from the rule language, never by a reading of the rules.
 */
export const edges: readonly Edge[] = numbered([...profileEdges, ...dayEdges, ...engagementEdges, ...campaignEdges, ...referenceEdges]);
