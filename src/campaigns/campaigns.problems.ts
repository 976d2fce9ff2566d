import { conflict, invalid, notFound, Problem } from '#kernel';

export function externalIdTaken(externalId: string): Problem {
  return conflict('external-id-taken', `There is already a campaign with the external id ${JSON.stringify(externalId)}.`);
}

export function audienceMissing(): Problem {
  return conflict('no-audience', 'Nobody has said yet whom the campaign is for: PUT its audience first.');
}

export function notUnfinished(status: string, what: string): Problem {
  return conflict('campaign-finished', `It is ${status}: ${what}.`);
}

export function stillScheduled(): Problem {
  return conflict('campaign-scheduled', 'It waits for its launch: cancel it first.');
}

export function audienceDrifted(final: number, expected: number, tolerancePercent: number): Problem {
  return conflict('audience-drifted', `The audience has ${final} contacts; expected were ${expected}, give or take ${tolerancePercent} %.`,
    { final, expected, tolerancePercent });
}

export function bothTimes(): Problem {
  return invalid([{ path: '/localTime', code: 'value_not_allowed', message: 'A launch has an instant (at) or a local time, not both.' }]);
}

export function localTimeImpossible(): Problem {
  return invalid([{ path: '/localTime', code: 'value_invalid', message: 'There is no such day or time.' }]);
}

export const suppressionNotFound = (id: string): Problem => notFound('suppression', id);
