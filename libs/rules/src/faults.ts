/** What can be wrong with a rule; the table of section 4 of the rule language. */
export const faultCodes = [
  'shape_invalid', 'unknown_key', 'unknown_field', 'unknown_event', 'unknown_property', 'unknown_segment',
  'operator_not_supported', 'value_missing', 'value_not_allowed', 'value_invalid', 'data_type_mismatch',
  'limit_exceeded', 'segment_cycle',
] as const;

export type FaultCode = (typeof faultCodes)[number];

/** One thing wrong with a definition, and where: `path` is a JSON Pointer into it. */
export interface Fault {
  readonly path: string;
  readonly code: FaultCode;
  readonly message: string;
}

const QUOTED_LENGTH = 60;

/** Someone else's text inside a message: in quotes, well-formed, and cut where it is long. */
export function quoted(text: string): string {
  const points = Array.from(text.slice(0, 2 * QUOTED_LENGTH + 2));
  const cut = points.length > QUOTED_LENGTH || text.length > 2 * QUOTED_LENGTH + 2;
  const shown = points.slice(0, QUOTED_LENGTH).join('').toWellFormed().replaceAll('\u0000', '\uFFFD');
  return `'${shown}${cut ? '…' : ''}'`;
}
