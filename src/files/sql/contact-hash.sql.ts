import { sql } from '#database';

/** All that is stored of the contact `c`, when it was written excepted, as a hash: equal where nobody has changed it. */
export const contactHash = sql`sha256(convert_to((to_jsonb(c) - 'updated_at')::text, 'UTF8'))`;
