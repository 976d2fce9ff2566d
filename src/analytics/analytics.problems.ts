import { invalid, type Problem } from '#kernel';

export function periodEndsFirst(): Problem {
  return invalid([{ path: '/from', code: 'value_invalid', message: 'from is later than to.' }]);
}

export function periodAhead(today: string): Problem {
  return invalid([{ path: '/from', code: 'value_not_allowed', message: `The period begins after today, ${today}.` }]);
}

export function periodTooLong(days: number): Problem {
  return invalid([{ path: '/from', code: 'value_invalid', message: `From from to to are at most ${days.toLocaleString('en')} days.` }]);
}

export function unknownZone(zone: string): Problem {
  return invalid([{ path: '/timezone', code: 'value_not_allowed', message: `"${zone}" is no time zone of the IANA database.` }]);
}
