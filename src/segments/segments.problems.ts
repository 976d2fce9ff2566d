import { conflict, invalid, malformed, notFound, Problem } from '#kernel';

export interface Dependent {
  kind: 'segment' | 'campaign' | 'experiment' | 'campaign-settings';
  id: string;
  name: string;
}

export const segmentNotFound = (id: string): Problem => notFound('segment', id);
export const segmentIdsInvalid = (least: number, most: number): Problem =>
  invalid([{ path: '/ids', code: 'value_invalid', message: `ids are ${least} to ${most} different ids of segments, with commas between.` }]);
export const refreshNotFound = (id: string): Problem => notFound('refresh', id);

export function segmentInUse(verb: 'deleted' | 'archived' | 'made a draft', dependents: readonly Dependent[]): Problem {
  const names = dependents.map(({ name }) => `"${name}"`).join(', ');
  return conflict('segment-in-use', `It cannot be ${verb} while it is used by ${names}.`, { dependents });
}

export function notStatic(): Problem {
  return conflict('not-a-static-segment', 'A dynamic segment\'s members follow from its rules; only a static one takes contacts.');
}

export function notDynamic(what: string): Problem {
  return conflict('not-a-dynamic-segment', `A static segment has no rules: ${what}.`);
}

export function notRefreshable(reason: string): Problem {
  return conflict('not-refreshable', `Only an active dynamic segment is refreshed; this one is ${reason}.`);
}

export function segmentsNotFresh(): Problem {
  return new Problem('segments-not-fresh', 503, 'Segments not fresh', 'A segment could not be refreshed in time; nothing was done.', [], {}, 5);
}

export function refreshEnded(status: string): Problem {
  return conflict('refresh-ended', `The refresh has ended already: it is ${status}.`);
}

export function rulesMissing(): Problem {
  return invalid([{ path: '/rules', code: 'value_missing', message: 'A dynamic segment needs rules.' }]);
}

export function rulesNotAllowed(): Problem {
  return invalid([{ path: '/rules', code: 'value_not_allowed', message: 'A static segment has no rules.' }]);
}

export function membersNotAllowed(path: string): Problem {
  return invalid([{ path, code: 'value_not_allowed', message: 'Only a static segment takes contacts.' }]);
}

export function contactsUnknown(errors: readonly { path: string; message: string }[]): Problem {
  return invalid(errors.map(({ path, message }) => ({ path, code: 'unknown_contact', message })));
}

export const versionNotFound = (version: number): Problem => invalid([{ path: '/version', code: 'unknown_version', message: `Its rules have no version ${version}.` }]);

/** What a client that edits an older state has missed. */
export interface MissedEdit {
  revision: number;
  changed: string[];
  by: string;
  at: string;
}

/** The segment is no longer what the client has read. */
export function changedMeanwhile(etag: string, changes: readonly MissedEdit[]): Problem {
  const fields = [...new Set(changes.flatMap(({ changed }) => changed))];
  const detail = fields.length === 0 ? 'It is not at the state that If-Match names.' : `It was changed since it was read: ${fields.join(', ')}.`;
  return new Problem('changed-meanwhile', 412, 'Precondition failed', detail, [], { etag, changes });
}

export function ifMatchMalformed(): Problem {
  return malformed('If-Match is * or the ETags of the segment, each in double quotes, with commas between.', [{ path: 'If-Match', code: 'value_invalid', message: 'It is no list of ETags.' }]);
}
