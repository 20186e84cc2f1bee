-- What happened stays as it was written down.
create trigger sign_in_append_only before update or delete on sign_in
  for each row execute function refuse_change();
create trigger sign_in_no_truncate before truncate on sign_in execute function refuse_change();
alter table sign_in
  add constraint sign_in_one_name check (num_nonnulls(user_id, unknown_name, phone) = 1),
  add constraint sign_in_face check (case face when 'staff' then phone is null and project_ids = '{}'
    when 'portal' then user_id is null else false end),
  add constraint sign_in_reason check (reason in ('unknownName', 'wrongPassword', 'wrongCode', 'locked', 'disabled'));
create index sign_in_refused on sign_in (id desc) where reason is not null;
create index sign_in_portal on sign_in (id desc) where face = 'portal';

-- The operation log is read newest first, narrowed to a person, a kind of thing or a project.
create index audit_entry_actor_id on audit_entry (actor, id desc);
create index audit_entry_entity_id_desc on audit_entry (entity, id desc);
create index audit_entry_project_id_desc on audit_entry (project_id, id desc);
