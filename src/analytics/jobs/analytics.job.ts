/** The kind of job that rolls up a tenant's days. */
export const ANALYTICS = 'analytics';
/** The kind that rolls up what is over of its present day. */
export const TODAY = 'analytics-today';
