create index reminder_open on reminder (state, snoozed_until) where state in ('open', 'snoozed');
alter table reminder
  add constraint reminder_state check (state in ('open', 'snoozed', 'handled', 'dismissed', 'over')),
  add constraint reminder_closed check ((state in ('open', 'snoozed')) = (closed_at is null)),
  add constraint reminder_snoozed check ((state = 'snoozed') = (snoozed_until is not null));
alter table reminder_rule
  add constraint reminder_rule_priority check (priority in ('low', 'normal', 'urgent'));
create trigger reminder_firing_append_only before update or delete on reminder_firing
  for each row execute function refuse_change();
