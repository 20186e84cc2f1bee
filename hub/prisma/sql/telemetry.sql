-- Payloads are zstd already: don't try to compress them again.
alter table reading_batch alter column payload set storage external;

-- "Readings stored since midnight" without an index entry per batch.
create index reading_batch_received_at on reading_batch using brin (received_at) with (pages_per_range = 16, autosummarize = on);

-- Columns of a block are compressed in the row rather than moved out of it: a block is read whole.
alter table reading_block
  alter column offsets set storage main,
  alter column mantissas set storage main,
  alter column qualities set storage main,
  alter column batches set storage main;

-- lz4 decompresses several times faster than pglz; a server built without it keeps pglz.
do $$
begin
  alter table reading_block
    alter column offsets set compression lz4,
    alter column mantissas set compression lz4,
    alter column qualities set compression lz4,
    alter column batches set compression lz4;
exception when feature_not_supported then
  raise notice 'this server has no lz4';
end $$;

-- Prisma's arrays are without "not null" in SQL; the columns that every block has are required.
alter table reading_block
  alter column offsets set not null,
  alter column mantissas set not null,
  add constraint reading_block_one_utc_day
    check (date_trunc('day', first_at, 'UTC') = date_trunc('day', last_at, 'UTC'));

-- Blocks are appended and compacted: vacuum by what was deleted, and keep the visibility map fresh.
alter table reading_block set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);

-- What compaction looks for; a merged block leaves this index.
create index reading_block_small on reading_block (point_id, first_at) where readings < 250;

-- Every row is rewritten again and again: room on the page keeps the updates off the index.
alter table point_latest set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
alter table gateway set (fillfactor = 50);
alter table device set (fillfactor = 70);

-- Sending a refused message again makes no second entry; a series of a batch is held once.
create unique index quarantine_entry_message on quarantine_entry (gateway_id, payload_hash) where point is null and device is null;
create unique index quarantine_entry_series on quarantine_entry (batch_id, point) where point is not null;
create unique index quarantine_entry_events on quarantine_entry (batch_id, device) where device is not null;
create index quarantine_entry_open_series on quarantine_entry (gateway_id, point) where state = 'open' and point is not null;
create index quarantine_entry_open_events on quarantine_entry (gateway_id, device) where state = 'open' and device is not null;
alter table quarantine_entry alter column payload set storage external;

-- The log is the evidence behind every derived row; what was held or lost stays on record too.
-- Its bytes may be moved into an archive, and back; the fingerprint stays, and nothing else of it changes.
create function reading_batch_refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.id, new.gateway_id, new.outbox, new.sequence, new.received_at, new.readings, new.events, new.first_at,
        new.last_at, new.replay_of) is not distinct from (old.id, old.gateway_id, old.outbox, old.sequence,
        old.received_at, old.readings, old.events, old.first_at, old.last_at, old.replay_of) then
      if old.archive_id is null and length(new.payload) = 0 and new.payload_bytes = length(old.payload)
          and new.payload_sha256 = sha256(old.payload)
          and exists (select from telemetry_archive where id = new.archive_id and kind = 'batches') then
        return new;
      end if;
      if old.archive_id is not null and new.archive_id is null and new.payload_bytes is null
          and new.payload_sha256 is null and sha256(new.payload) = old.payload_sha256 then
        return new;
      end if;
    end if;
  end if;
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger reading_batch_append_only before update or delete on reading_batch
  for each row execute function reading_batch_refuse_change();
create trigger reading_batch_no_truncate before truncate on reading_batch execute function refuse_change();
create trigger lost_readings_append_only before update or delete on lost_readings
  for each row execute function refuse_change();
create trigger lost_readings_no_truncate before truncate on lost_readings execute function refuse_change();
create trigger quarantine_entry_stays before delete on quarantine_entry
  for each row execute function refuse_change();
create trigger quarantine_entry_no_truncate before truncate on quarantine_entry execute function refuse_change();
create trigger quarantine_entry_as_it_came before update of payload, payload_hash, gateway_id, project_id, topic,
  batch_id, point, device, received_at on quarantine_entry for each row execute function refuse_change();
