ALTER TABLE call_log ADD CONSTRAINT call_log_direction CHECK (direction IN ('inbound', 'outbound'));
