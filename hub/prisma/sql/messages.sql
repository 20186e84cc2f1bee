-- What is looked at every few seconds: only what is not done.
create index message_delivery_due on message_delivery (channel, rank desc, next_at, id)
  where state in ('queued', 'failed');
-- The bell and the message centre.
create index message_delivery_inbox on message_delivery (user_id, created_at desc, id desc) where channel = 'inApp';
create index message_delivery_unread on message_delivery (user_id) where channel = 'inApp' and read_at is null;
create index message_delivery_party on message_delivery (party_id, created_at desc) where party_id is not null;
create index message_delivery_dead on message_delivery (created_at desc) where state in ('dead', 'failed');
create index message_delivery_provider on message_delivery (channel, provider_id) where provider_id is not null;

alter table message
  add constraint message_priority check (priority in ('low', 'normal', 'urgent'));
alter table message_delivery
  add constraint message_delivery_state check (state in ('queued', 'failed', 'sent', 'delivered', 'dead')),
  add constraint message_delivery_channel check (channel in ('inApp', 'email', 'sms', 'wechat', 'voice')),
  add constraint message_delivery_address check (channel = 'inApp' or state = 'dead' or address is not null),
  add constraint message_delivery_one_person check (user_id is null or party_id is null);
alter table message_preference
  add constraint message_preference_quiet check ((quiet_from is null) = (quiet_to is null)),
  add constraint message_preference_language check (language in ('zh', 'en'));

-- What was told stays as it was told; versions of texts are written once.
create trigger message_append_only before update or delete on message
  for each row execute function refuse_change();
create trigger message_template_version_append_only before update or delete on message_template_version
  for each row execute function refuse_change();
create trigger message_delivery_as_written before update of id, message_id, channel, user_id, party_id, subject,
  created_at on message_delivery for each row execute function refuse_change();
