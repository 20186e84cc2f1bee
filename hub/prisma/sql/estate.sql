-- A room is home to one household at a time.
CREATE UNIQUE INDEX "household_room_current_key" ON "household_room" ("room_id") WHERE "to_at" IS NULL;
ALTER TABLE "household_room" ADD CONSTRAINT "household_room_period_check" CHECK ("to_at" IS NULL OR "to_at" > "from_at");
