-- Today's row of every metering point is rewritten again and again: room for that within the page (HOT).
ALTER TABLE usage_day SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE usage_month SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE metering_point_state SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);
-- Rows come and go all the time
ALTER TABLE usage_dirty SET (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- A meter is at one place at a time, and a place has one meter at a time.
CREATE UNIQUE INDEX installation_one_open_per_point ON installation (metering_point_id) WHERE to_at IS NULL;
CREATE UNIQUE INDEX installation_one_open_per_meter ON installation (meter_id) WHERE to_at IS NULL;
ALTER TABLE installation ADD CONSTRAINT installation_lasts CHECK (to_at IS NULL OR to_at > from_at);
ALTER TABLE metering_point ADD CONSTRAINT metering_point_not_own_parent CHECK (parent_id IS DISTINCT FROM id);
ALTER TABLE meter ADD CONSTRAINT meter_plausible
  CHECK (multiplier > 0 AND max_per_hour > 0 AND jitter >= 0 AND scale BETWEEN 0 AND 9 AND digits BETWEEN 1 AND 18);

-- Reads of people are evidence: neither changed nor deleted.
CREATE FUNCTION manual_read_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'register reads are never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER manual_read_is_kept BEFORE UPDATE OR DELETE ON manual_read
  FOR EACH ROW EXECUTE FUNCTION manual_read_is_kept();
CREATE TRIGGER manual_read_no_truncate BEFORE TRUNCATE ON manual_read EXECUTE FUNCTION manual_read_is_kept();

CREATE INDEX usage_day_held ON usage_day (project_id, metering_point_id) WHERE status = 5;
CREATE INDEX held_interval_project ON held_interval (project_id);
CREATE INDEX metering_point_project_role ON metering_point (project_id, medium, role);
