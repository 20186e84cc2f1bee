-- A room is home to one household at a time.
CREATE UNIQUE INDEX "household_room_current_key" ON "household_room" ("room_id") WHERE "to_at" IS NULL;
ALTER TABLE "household_room" ADD CONSTRAINT "household_room_period_check" CHECK ("to_at" IS NULL OR "to_at" > "from_at");

ALTER TABLE building ADD CONSTRAINT building_kind CHECK (
  kind IN ('residential', 'commercial', 'mixed', 'parking', 'other'));
ALTER TABLE room ADD CONSTRAINT room_kind CHECK (
  kind IN ('flat', 'shop', 'office', 'common', 'basement', 'storage', 'advertising', 'parking'));
ALTER TABLE room ADD CONSTRAINT room_states CHECK (
  delivery_state IN ('unsold', 'toHandOver', 'handedOver')
  AND decoration_state IN ('bare', 'decorating', 'decorated')
  AND rent_state IN ('none', 'vacant', 'let'));
ALTER TABLE room ADD CONSTRAINT room_floor CHECK (floor <> 0);
