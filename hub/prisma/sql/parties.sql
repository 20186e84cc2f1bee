ALTER TABLE party ADD CONSTRAINT party_kind CHECK (kind IN ('person', 'organisation'));
ALTER TABLE party_role ADD CONSTRAINT party_role_role CHECK (
  role IN ('owner', 'coOwner', 'family', 'resident', 'tenant', 'contact'));
ALTER TABLE party_role ADD CONSTRAINT party_role_period CHECK (to_at IS NULL OR to_at > from_at);
ALTER TABLE party_role ADD CONSTRAINT party_role_share CHECK (share_percent > 0 AND share_percent <= 100);
ALTER TABLE party_role ADD CONSTRAINT party_role_room FOREIGN KEY (room_id) REFERENCES room (id);

-- One main owner of a room at a time; nobody is the same thing to a room twice
CREATE UNIQUE INDEX party_role_current_owner ON party_role (room_id) WHERE role = 'owner' AND to_at IS NULL;
CREATE UNIQUE INDEX party_role_current ON party_role (room_id, party_id, role) WHERE to_at IS NULL;

ALTER TABLE household_payer ADD CONSTRAINT household_payer_period CHECK (to_at IS NULL OR to_at > from_at);
ALTER TABLE household_payer ADD CONSTRAINT household_payer_household
  FOREIGN KEY (household_id) REFERENCES household (id);
ALTER TABLE household_payer ADD CONSTRAINT household_payer_party FOREIGN KEY (party_id) REFERENCES party (id);
CREATE UNIQUE INDEX household_payer_current ON household_payer (household_id) WHERE to_at IS NULL;

-- A telephone number as it is compared: digits only, without zeros in front (outside line, trunk prefix, 00) and
-- without the 86 of China: +86 571-8888 0000 and 0571-88880000 are the same
CREATE FUNCTION phone_digits(phone text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN digits ~ '^86\d{10,}$' THEN ltrim(substr(digits, 3), '0') ELSE digits END
  FROM (SELECT ltrim(regexp_replace(phone, '\D', '', 'g'), '0') AS digits) AS plain
$$;
CREATE INDEX party_phone ON party (phone_digits(phone)) WHERE phone IS NOT NULL;
CREATE INDEX party_second_phone ON party (phone_digits(second_phone)) WHERE second_phone IS NOT NULL;

ALTER TABLE vehicle ADD CONSTRAINT vehicle_period CHECK (to_day IS NULL OR to_day > from_day);
ALTER TABLE vehicle ADD CONSTRAINT vehicle_owner FOREIGN KEY (owner_id) REFERENCES party (id);
ALTER TABLE vehicle ADD CONSTRAINT vehicle_parking FOREIGN KEY (parking_room_id) REFERENCES room (id);
CREATE UNIQUE INDEX vehicle_current_plate ON vehicle (project_id, plate) WHERE to_day IS NULL AND archived_at IS NULL;

ALTER TABLE key_holding ADD CONSTRAINT key_holding_period CHECK (to_at IS NULL OR to_at > from_at);
ALTER TABLE key_holding ADD CONSTRAINT key_holding_quantity CHECK (quantity > 0);
ALTER TABLE key_holding ADD CONSTRAINT key_holding_room FOREIGN KEY (room_id) REFERENCES room (id);

-- A person is known again by the number of a document
CREATE INDEX party_identity ON party (project_id, identity_number) WHERE identity_number IS NOT NULL;

-- What came with roles, for undoing their import
CREATE INDEX party_origin ON party (origin_role_id) WHERE origin_role_id IS NOT NULL;
CREATE INDEX household_origin ON household (origin_role_id) WHERE origin_role_id IS NOT NULL;
CREATE INDEX household_room_origin ON household_room (origin_role_id) WHERE origin_role_id IS NOT NULL;
