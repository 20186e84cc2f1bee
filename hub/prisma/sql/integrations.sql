alter table api_key
  add constraint api_key_place check (not all_projects or (project_ids = '{}' and building_ids = '{}')),
  add constraint api_key_per_minute check (per_minute > 0),
  add constraint api_key_previous check ((previous_hash is null) = (previous_until is null));

alter table webhook
  add constraint webhook_place check (not all_projects or project_ids = '{}'),
  add constraint webhook_previous check ((previous_secret_sealed is null) = (previous_secret_until is null));
alter table webhook_delivery
  add constraint webhook_delivery_state check (state in ('queued', 'failed', 'delivered', 'dead'));

-- What is looked at every second: only what is not done.
create index webhook_delivery_due on webhook_delivery (webhook_id, next_at, id) where state in ('queued', 'failed');

-- What happened stays as it was told.
create trigger webhook_event_as_written before update on webhook_event
  for each row execute function refuse_change();
create trigger webhook_attempt_as_written before update on webhook_attempt
  for each row execute function refuse_change();
