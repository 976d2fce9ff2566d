/** Of today the half hours that are over are rolled up as well: parts `00` to `49`, counted from the day's begin. A night that gives an hour back has 50. */
export const up = /* sql */ `
alter table tenant_day drop constraint tenant_day_part_check, add constraint tenant_day_part_check check (part in ('living', 'erased') or part ~ '^[0-4][0-9]$');
alter table segment_day drop constraint segment_day_part_check, add constraint segment_day_part_check check (part in ('living', 'erased') or part ~ '^[0-4][0-9]$');
`;

export const down = /* sql */ `
delete from segment_day where part not in ('living', 'erased');
delete from tenant_day where part not in ('living', 'erased');
alter table segment_day drop constraint segment_day_part_check, add constraint segment_day_part_check check (part in ('living', 'erased'));
alter table tenant_day drop constraint tenant_day_part_check, add constraint tenant_day_part_check check (part in ('living', 'erased'));
`;
