const dayMs = 86_400_000;
/** The day that a workbook counts from; of 1904 where it was made for the old Macintosh. */
const [epoch1900, epoch1904] = [Date.UTC(1899, 11, 30), Date.UTC(1904, 0, 1)];
/** 1900-03-01: of the days before it, spreadsheets count 1900-02-29, which never was. */
const firstSafe = 61;
/** 9999-12-31. */
const last = 2_958_465;

/** The number that a cell of this day (`YYYY-MM-DD`) holds; `null` where a spreadsheet has no such day. */
export function serialOfDay(day: string): number | null {
  const serial = (Date.parse(`${day}T00:00:00Z`) - epoch1900) / dayMs;
  return Number.isInteger(serial) && serial >= firstSafe && serial <= last ? serial : null;
}

/** What a cell that is shown as a day, a time or both holds; which is read off the form of the cell. */
export type CellForm = 'number' | 'day' | 'moment';

/**
 * The number of a cell as the date it is shown as: `YYYY-MM-DD`, with `THH:MM:SS.sss` behind it where the cell shows a time
 * or has one. A cell knows no time zone, so neither does the text. A number that is no date stays one.
 */
export function dateOfSerial(serial: number, form: CellForm, from1904: boolean): number | string {
  const days = from1904 ? serial + (epoch1904 - epoch1900) / dayMs : serial;
  if (form === 'number' || days < 0 || days >= last + 1) return serial;
  // The days before the one that never was are one further on than they are counted.
  const real = !from1904 && days < firstSafe - 1 ? days + 1 : days;
  const iso = new Date(epoch1900 + Math.round(real * dayMs)).toISOString().slice(0, -1);
  return form === 'day' && Number.isInteger(serial) ? iso.slice(0, 10) : iso;
}

/** The form of a cell by the id of its number format; of an own format by its code. */
export function formOf(id: number, code: string | undefined): CellForm {
  if (code === undefined) {
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 54) || (id >= 57 && id <= 58)) return 'day';
    return id === 22 ? 'moment' : 'number';
  }
  // Texts in quotes, escaped characters, colours, languages and conditions say nothing; nor does what follows for other signs.
  const said = code.replace(/"[^"]*"|\\.|_.|\*./g, '');
  if (/\[[hms]+\]/i.test(said)) return 'number';
  const [bare = ''] = said.replace(/\[[^\]]*\]/g, '').split(';');
  if (/general/i.test(bare) || !/[ydm]/i.test(bare)) return 'number';
  if (!/[yd]/i.test(bare)) return /[hs]/i.test(bare) ? 'number' : 'day';
  return /[hs]/i.test(bare) ? 'moment' : 'day';
}
