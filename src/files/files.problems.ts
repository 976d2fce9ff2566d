import { invalid, Problem } from '#kernel';

export function formatUnsupported(sent: string, known: readonly string[]): Problem {
  return invalid([{ path: '/format', code: 'value_not_allowed', message: `The format ${JSON.stringify(sent.slice(0, 40))} is not supported; one of ${known.join(', ')} is.` }]);
}

export function tooManyExports(): Problem {
  return new Problem('busy', 503, 'Unavailable', 'As many exports as this process makes at once are under way.', [], {}, 5);
}
