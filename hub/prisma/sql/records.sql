-- What is searched: one spelling of a text. The hub makes the same of a word (NFKC, lower case).
CREATE FUNCTION search_text(input text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN lower(normalize(input, NFKC));
-- Every character, pair and triple of a text: an index over them finds one and two Chinese characters, which trigrams
-- do not. Dear enough that a plan calls it for few rows only.
CREATE FUNCTION search_grams(input text) RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
DECLARE
  spelled text := lower(normalize(input, NFKC));
  grams text[] := string_to_array(spelled, NULL);
BEGIN
  FOR i IN 1..length(spelled) - 1 LOOP
    grams := grams || substr(spelled, i, 2) || substr(spelled, i, 3);
  END LOOP;
  RETURN grams;
END $$;
-- The values of custom fields, one a line.
CREATE FUNCTION custom_text(custom jsonb) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF custom = '{}' THEN RETURN ''; END IF;
  RETURN (SELECT coalesce(string_agg(value, chr(10)), '') FROM jsonb_each_text(custom));
END $$;

ALTER TABLE "dictionary_entry" ADD CONSTRAINT "dictionary_entry_key"
  UNIQUE NULLS NOT DISTINCT ("dictionary_code", "project_id", "code");
-- Thousands of rows that live for a day: they are written once and removed with their import.
ALTER TABLE "record_import_row" SET (autovacuum_vacuum_insert_scale_factor = 0.5);
