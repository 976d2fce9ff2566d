import { Injectable } from '@nestjs/common';
import { Database, type TenantTransaction } from '#database';
import { notFound } from '#kernel';
import { Wake } from '../queues/index.js';
import { appendContactChange } from './changes.js';
import type { ContactRecord } from './contact-record.js';
import { type ContactState, stateOf } from './contact-state.js';
import { mergedWithItself, oneOfIdAndAddress } from './contacts.problems.js';
import { ContactsService, type FoundContact } from './contacts.service.js';
import { CustomFieldsService } from './custom-fields.service.js';
import type { MergeContactDto } from './dto/merge.dto.js';
import { recomputeEngagement } from './engagement.js';
import { appendLateMoves } from './late-events.js';
import { moveToSurvivor } from './sql/merge-contacts.sql.js';
import { lockContacts } from './sql/write-contacts.sql.js';
import { writeContacts } from './write-contacts.js';

/** Two contacts that are one person made one. */
@Injectable()
export class MergeService {
  constructor(
    private readonly database: Database,
    private readonly contacts: ContactsService,
    private readonly customFields: CustomFieldsService,
    private readonly wake: Wake,
  ) {}

  /**
   * Merges another contact into the survivor, whose id, address and properties stay; only where it has none it takes the
   * other's, and an unsubscription or complaint. Events, lists and overrides move at once, dynamic memberships follow by the next cycle.
   */
  async merge(tenantId: string, survivorId: string, named: MergeContactDto, by: string, now: Date): Promise<FoundContact> {
    const merged = await this.database.inTenant(tenantId, async (tx) => {
      const survivor = survivorId.toLowerCase();
      const other = await this.otherOf(tx, named);
      if (other === survivor) throw mergedWithItself();
      const locked = await tx.rows<ContactRecord>(lockContacts(tenantId, { ids: [survivor, other], lock: 'for update' }));
      const stays = locked.find(({ id }) => id === survivor);
      const goes = locked.find(({ id }) => id === other);
      if (stays === undefined) throw notFound('contact', survivorId);
      if (goes === undefined) throw notFound('contact', named.contactId ?? named.email ?? '');
      await appendLateMoves(tx, other, survivor);
      for (const statement of moveToSurvivor({ tenantId, survivor, other, by, at: now })) await tx.write(statement);
      const before = stateOf(stays);
      await writeContacts(tx, await this.customFields.all(tx), [{ before, after: filled(before, stateOf(goes)) }], now);
      await recomputeEngagement(tx, [survivor]);
      // The other is named as well: what a refresh that runs beside this puts back is taken out by the next.
      for (const id of [survivor, other]) await appendContactChange(tx, id, now);
      return await this.contacts.findIn(tx, survivor);
    });
    this.wake.tenant(tenantId);
    return merged;
  }

  private async otherOf(tx: TenantTransaction, { contactId, email }: MergeContactDto): Promise<string> {
    if ((contactId === undefined) === (email === undefined)) throw oneOfIdAndAddress();
    const found = await this.contacts.resolveIds(tx, { contactIds: contactId === undefined ? [] : [contactId], emails: email === undefined ? [] : [email] });
    const id = found.contactIds[0] ?? found.emails[0];
    if (id === null || id === undefined) throw notFound('contact', contactId ?? email ?? '');
    return id;
  }
}

/** The person's own word, whichever address it was given for; a bounce is the address's. From the weaker to the stronger. */
const spoken: readonly ContactState['subscriptionStatus'][] = ['unsubscribed', 'complained'];

/**
 * What the survivor has not set is taken from the other; an address is always set. Who has unsubscribed or complained under
 * either address is not written to under the other.
 */
function filled(stays: ContactState, goes: ContactState): ContactState {
  const texts = Object.fromEntries(Object.entries(stays.texts).map(([property, text]) =>
    [property, text === null || text === '' ? goes.texts[property as keyof ContactState['texts']] : text])) as ContactState['texts'];
  return {
    ...stays, texts,
    subscriptionStatus: spoken.indexOf(goes.subscriptionStatus) > spoken.indexOf(stays.subscriptionStatus) ? goes.subscriptionStatus : stays.subscriptionStatus,
    zone: texts.timezone === stays.texts.timezone ? stays.zone : goes.zone,
    leadScore: stays.leadScore ?? goes.leadScore, tags: stays.tags.length === 0 ? goes.tags : stays.tags,
    custom: { ...goes.custom, ...stays.custom },
  };
}
