-- An audit trail is written once: neither the application nor a mistake changes it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON "audit_entry"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON "audit_entry" EXECUTE FUNCTION refuse_change();
CREATE INDEX "audit_entry_project_id_at_idx" ON "audit_entry" ("project_id", "at" DESC);
