import { Id, Text } from '../../http/index.js';

export class MergeContactDto {
  @Id({ description: 'The contact that is merged into the one of the path, and is gone then.', optional: true })
  contactId?: string;

  @Text({ description: 'The same by address.', max: 320, optional: true, example: 'grace@example.com' })
  email?: string;
}
