import { v7, validate } from 'uuid';

/** A new id: UUID version 7 (RFC 9562), its time part by real time. */
export function newId(): string {
  return v7();
}

/** Whether the text is a UUID of any version, in either letter case. */
export function isUuid(text: string): boolean {
  return validate(text);
}
