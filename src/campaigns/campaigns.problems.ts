import { conflict, type Problem } from '#kernel';

export function externalIdTaken(externalId: string): Problem {
  return conflict('external-id-taken', `There is already a campaign with the external id ${JSON.stringify(externalId)}.`);
}
