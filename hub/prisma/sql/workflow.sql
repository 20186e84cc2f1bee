-- A subject has one running process at most, however often the button is pressed.
create unique index process_one_running on process (subject_kind, subject_id) where state = 'running';
create index process_about on process (subject_kind, subject_id, started_at);

-- A command counts once per process.
create unique index process_event_command on process_event (process_id, command_id) where command_id is not null;

-- What is looked through every minute: only what is not done.
create index process_timer_open on process_timer (due_at) where done_at is null;
create index process_task_open on process_task (process_id) where state = 'open';
create index process_running on process (key, version) where state = 'running';

alter table process
  add constraint process_over check ((state = 'running') = (finished_at is null)),
  add constraint process_outcome check ((state = 'finished') = (outcome is not null));
alter table process_task
  add constraint process_task_decided check ((state = 'decided') = (decided_at is not null));
alter table task_delegation add constraint task_delegation_other check (from_id <> to_id);

-- Versions and history are written once.
create trigger process_version_append_only before update or delete on process_version
  for each row execute function refuse_change();
create trigger process_event_append_only before update or delete on process_event
  for each row execute function refuse_change();
create trigger process_event_no_truncate before truncate on process_event execute function refuse_change();
create trigger process_stays before delete on process for each row execute function refuse_change();
create trigger process_as_started before update of id, project_id, key, version, subject_kind, subject_id,
  starter_id, started_at on process for each row execute function refuse_change();
