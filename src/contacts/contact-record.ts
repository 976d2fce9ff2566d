import { sql, type SubscriptionStatus } from '#database';
import type { CustomValue, textColumns } from './contact-properties.js';

type TextColumns = Record<(typeof textColumns)[keyof typeof textColumns], string | null>;

/** A contact as a statement that selects `contactColumns` answers it. */
export interface ContactRecord extends TextColumns {
  id: string;
  email: string;
  zone: string;
  subscription_status: SubscriptionStatus;
  lead_score: number | null;
  tags: string[];
  custom: Record<string, CustomValue>;
  created_at: string | Date;
  updated_at: string | Date;
}

/** A contact as it is sent to the statements that write. */
export type WrittenContact = Readonly<Record<string, unknown>> & { readonly id: string; readonly email: string };

/** What `ContactRecord` needs, of the table `contact` under the name `c`. */
export const contactColumns = sql`c.id, c.email, c.first_name, c.last_name, c.company, c.job_title, c.phone, c.country, c.state, c.city,
  c.timezone, c.zone, c.source, c.subscription_status, c.lead_score, c.tags, c.custom, c.created_at, c.updated_at`;
