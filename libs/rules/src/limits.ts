/** Groups in groups; those at the top are the first. */
export const MAX_DEPTH = 10;
/** Conditions of one definition, exclusions included; event filters are not counted. */
export const MAX_CONDITIONS = 200;
/** Segments that refer to segments: a definition without references is 0. */
export const MAX_REFERENCE_DEPTH = 10;
/** Conditions of a definition and of all segments that it reaches, each segment once. */
export const MAX_REACHED_CONDITIONS = 2_000;
/** Code points of the salt of a random condition. */
export const MAX_SALT_LENGTH = 100;
