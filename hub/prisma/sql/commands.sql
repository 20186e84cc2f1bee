-- Places in the queue: instants may be equal.
create sequence command_queue;

-- At most one command of a device and target is on its way, whatever process sends it.
create unique index command_one_in_flight on command (device_id, target) where state = 'sent';

-- What the sender looks through again and again: only what is not ended.
create index command_open on command (state, gateway_id) where state in ('awaitingApproval', 'queued', 'sent');

alter table command
  add constraint command_settled check ((settled_by is null) = (finished_at is null)),
  add constraint command_second_person check (approved_by_id <> requested_by_id);

-- What became of a command is written once.
create trigger command_step_append_only before update or delete on command_step
  for each row execute function refuse_change();
create trigger command_step_no_truncate before truncate on command_step execute function refuse_change();
create trigger command_stays before delete on command for each row execute function refuse_change();
create trigger command_no_truncate before truncate on command execute function refuse_change();
create trigger command_as_asked before update of id, project_id, gateway_id, device_id, device_key, target, kind,
  content_hash, reason, requested_by_id, requested_by, requested_at, expires_at on command
  for each row execute function refuse_change();
