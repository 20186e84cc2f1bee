ALTER TABLE portal_family ADD CONSTRAINT portal_family_role
  FOREIGN KEY (party_role_id) REFERENCES party_role (id);
ALTER TABLE portal_family ADD CONSTRAINT portal_family_sees CHECK (sees_bills OR sees_energy);
-- Nobody is invited twice by the same person into the same room
CREATE UNIQUE INDEX portal_family_current ON portal_family (party_role_id, phone) WHERE ended_at IS NULL;

ALTER TABLE announcement ADD CONSTRAINT announcement_audience CHECK (
  (audience = 'all' AND building_id IS NULL) OR (audience = 'building' AND building_id IS NOT NULL));
ALTER TABLE announcement ADD CONSTRAINT announcement_period CHECK (shown_to IS NULL OR shown_to > shown_from);
