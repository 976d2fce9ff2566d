import { invalid, type Problem } from '#kernel';

const fault = (path: string, code: string, message: string): Problem => invalid([{ path, code, message }]);

export function stepInvalid(words: readonly string[], units: readonly string[]): Problem {
  return fault('/step', 'value_invalid', `A step is one of ${words.join(', ')}, or { amount, unit } with a whole amount from 1 to 1000 and a unit of ${units.join(', ')}.`);
}

export function endsBeforeItBegins(): Problem {
  return fault('/to', 'value_invalid', 'to lies before from.');
}

export function backtestTooLong(most: number): Problem {
  return fault('/step', 'limit_exceeded', `From from to to there are more than ${most} moments; take a longer step.`);
}
