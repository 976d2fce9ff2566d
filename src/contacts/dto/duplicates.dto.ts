import { ApiProperty } from '@nestjs/swagger';
import { OneOf, PageQuery } from '../../http/index.js';
import { type DuplicateKey, duplicateKeys } from '../sql/find-duplicates.sql.js';
import { ContactDto } from './contact.dto.js';

export class DuplicatesQuery extends PageQuery {
  @OneOf(duplicateKeys, {
    description: 'What they have in common. `email`: the mailbox, whatever follows a plus, and at Gmail wherever dots are. `phone`: the last ten digits. `name`: first name, last name and company, whatever their letter case.',
    optional: true, example: 'email',
  })
  by?: DuplicateKey;
}

export class DuplicatesDto {
  @ApiProperty({ enum: duplicateKeys })
  by!: DuplicateKey;

  @ApiProperty({ description: 'How many contacts they are.', example: 2 })
  count!: number;

  @ApiProperty({ type: [ContactDto], description: 'At most 20 of them, the oldest first.' })
  contacts!: ContactDto[];
}
