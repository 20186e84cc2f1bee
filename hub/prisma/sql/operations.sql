-- Two who press the button at once make one backup; a slot of the schedule is served once, unless it failed.
create unique index backup_one_at_a_time on backup ((true)) where state in ('waiting', 'running');
create unique index backup_slot_once on backup (slot) where slot is not null and state <> 'failed';
alter table backup add constraint backup_state check (state in ('waiting', 'running', 'done', 'failed'));
alter table backup add constraint backup_check_state check (check_state in ('waiting', 'good', 'bad'));
alter table telemetry_archive add constraint telemetry_archive_kind check (kind in ('readings', 'batches'));
alter table telemetry_archive add constraint telemetry_archive_state
  check (state in ('archived', 'restored', 'superseded'));
