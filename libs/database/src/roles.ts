/** Owns nothing, and row-level security binds it: the role that the service works as. */
export const serviceRole = 'segments_app';
/** Sees of all tenants which of them has work and in which zone its days end, and nothing else: see `Database.acrossTenants`. */
export const sweepRole = 'segments_sweep';
