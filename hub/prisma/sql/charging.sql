-- Charging: what Prisma cannot say.

-- One issued bill per account, item and month; one of each number
CREATE UNIQUE INDEX bill_issued_once ON bill (household_id, item_id, month) WHERE status = 'issued';
CREATE UNIQUE INDEX bill_number ON bill (project_id, number) WHERE number IS NOT NULL;

-- One open run per project, item and month
CREATE UNIQUE INDEX bill_run_open ON bill_run (project_id, item_id, month)
  WHERE status IN ('computing', 'previewed', 'issuing', 'failed');

ALTER TABLE bill ADD CONSTRAINT bill_status CHECK (
  (status = 'draft' AND number IS NULL AND issued_at IS NULL) OR
  (status = 'issued' AND number IS NOT NULL AND issued_at IS NOT NULL)
);
ALTER TABLE bill_run ADD CONSTRAINT bill_run_status CHECK (
  status IN ('computing', 'previewed', 'issuing', 'issued', 'failed', 'cancelled')
);
ALTER TABLE charge_assignment ADD CONSTRAINT charge_assignment_days CHECK (to_day IS NULL OR to_day > from_day);

-- Foreign keys are left out on purpose: a bill run writes hundreds of thousands of rows whose keys it has just
-- read, and issued bills cannot lose their lines because of the triggers below.

CREATE FUNCTION charging_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of an issued % is refused', TG_OP, TG_ARGV[0]
    USING ERRCODE = 'restrict_violation', HINT = 'a correction is a new document';
END $$;

CREATE TRIGGER bill_issued_is_final BEFORE UPDATE OR DELETE ON bill
  FOR EACH ROW WHEN (OLD.status = 'issued') EXECUTE FUNCTION charging_refuse('bill');
CREATE TRIGGER bill_no_truncate BEFORE TRUNCATE ON bill EXECUTE FUNCTION charging_refuse('bill');

-- Lines and evidence never change; they go only with a draft, and none is added to an issued bill
CREATE FUNCTION charging_refuse_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM part JOIN bill ON bill.id = part.bill_id WHERE bill.status = 'issued') THEN
    RAISE EXCEPTION '% of a part of an issued bill is refused', TG_OP
      USING ERRCODE = 'restrict_violation', HINT = 'a correction is a new document';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER bill_line_never_updated BEFORE UPDATE ON bill_line
  FOR EACH ROW EXECUTE FUNCTION charging_refuse('bill line');
CREATE TRIGGER bill_line_of_issued_stays AFTER DELETE ON bill_line REFERENCING OLD TABLE AS part
  FOR EACH STATEMENT EXECUTE FUNCTION charging_refuse_part();
CREATE TRIGGER bill_line_no_truncate BEFORE TRUNCATE ON bill_line EXECUTE FUNCTION charging_refuse('bill line');

CREATE TRIGGER bill_evidence_never_updated BEFORE UPDATE ON bill_evidence
  FOR EACH ROW EXECUTE FUNCTION charging_refuse('bill');
CREATE TRIGGER bill_evidence_of_issued_stays AFTER DELETE ON bill_evidence REFERENCING OLD TABLE AS part
  FOR EACH STATEMENT EXECUTE FUNCTION charging_refuse_part();
CREATE TRIGGER bill_evidence_no_truncate BEFORE TRUNCATE ON bill_evidence
  EXECUTE FUNCTION charging_refuse('bill');

-- A price that issued bills used stays as it was
CREATE TRIGGER tariff_version_in_use_is_final BEFORE UPDATE OR DELETE ON tariff_version
  FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL) EXECUTE FUNCTION charging_refuse('tariff version');

-- Drafts come and go in hundreds of thousands
ALTER TABLE bill SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
