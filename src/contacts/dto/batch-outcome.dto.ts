import { ApiProperty } from '@nestjs/swagger';
import type { InputFault } from '#kernel';

export class RowFaultDto implements InputFault {
  @ApiProperty({ description: 'A JSON Pointer into the row.', example: '/customFields/industry' })
  path!: string;

  @ApiProperty({ example: 'value_not_allowed' })
  code!: string;

  @ApiProperty({ example: 'This is one of the options of industry: "SaaS", "Retail".' })
  message!: string;
}

class FailedContactDto {
  @ApiProperty({ description: 'Of the row in the batch, from 0.', example: 7 })
  index!: number;

  @ApiProperty({ type: [RowFaultDto], description: 'Every fault of the row.' })
  errors!: readonly RowFaultDto[];
}

export class ContactsBatchOutcomeDto {
  @ApiProperty({ description: 'Rows that made a contact.', example: 120 })
  created!: number;

  @ApiProperty({ description: 'Rows whose contact was there already, changed by them or not.', example: 30 })
  updated!: number;

  @ApiProperty({ description: 'Rows passed over, with `onDuplicate: skip`.', example: 0 })
  skipped!: number;

  @ApiProperty({ type: [FailedContactDto], description: 'Rows of which nothing was stored.' })
  failed!: FailedContactDto[];
}
