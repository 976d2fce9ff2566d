/** The kind of job that rolls up a tenant's days. */
export const ANALYTICS = 'analytics';
