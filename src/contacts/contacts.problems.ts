import { conflict, invalid, Problem } from '#kernel';

export function emailTaken(email: string, contactId: string | undefined): Problem {
  return conflict('email-taken', `There is already a contact with the address ${JSON.stringify(email)}.`, contactId === undefined ? {} : { contactId });
}

export function addressesContested(): Problem {
  return new Problem('busy', 503, 'Unavailable', 'Other requests kept adding the same addresses; nothing was stored.', [], {}, 1);
}

export function customFieldKeyTaken(key: string): Problem {
  return conflict('key-taken', `There is already a custom field with the key ${JSON.stringify(key)}.`);
}

/** Lists the segments whose rules name the field. */
export function customFieldInUse(dependents: readonly { id: string; name: string }[]): Problem {
  return conflict('in-use', 'Segments name this custom field in their rules.', { dependents });
}

export function mergedWithItself(): Problem {
  return invalid([{ path: '/contactId', code: 'value_invalid', message: 'A contact is not merged into itself.' }]);
}

export function oneOfIdAndAddress(): Problem {
  return invalid([{ path: '', code: 'shape_invalid', message: 'The other contact is named by contactId or by email.' }]);
}
