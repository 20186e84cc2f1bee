-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "RoomKind" AS ENUM ('flat', 'shop', 'common');

-- CreateEnum
CREATE TYPE "HouseholdKind" AS ENUM ('residential', 'commercial', 'property');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('administrator', 'engineer', 'billingClerk', 'manager');

-- CreateTable
CREATE TABLE "charge_item" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "label_zh" TEXT NOT NULL,
    "label_en" TEXT NOT NULL,
    "medium" TEXT NOT NULL,
    "unit" TEXT NOT NULL,

    CONSTRAINT "charge_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tariff" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "unit" TEXT NOT NULL,

    CONSTRAINT "tariff_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tariff_version" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "tariff_id" UUID NOT NULL,
    "effective_from" DATE NOT NULL,
    "rule" JSONB NOT NULL,
    "note" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "locked_at" TIMESTAMPTZ(3),

    CONSTRAINT "tariff_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "charge_assignment" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "household_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "tariff_id" UUID NOT NULL,
    "from_day" DATE NOT NULL,
    "to_day" DATE,

    CONSTRAINT "charge_assignment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bill_run" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "status" TEXT NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER NOT NULL DEFAULT 0,
    "bills" INTEGER NOT NULL DEFAULT 0,
    "quantity" DECIMAL(20,9) NOT NULL DEFAULT 0,
    "amount" DECIMAL(16,2) NOT NULL DEFAULT 0,
    "held" INTEGER NOT NULL DEFAULT 0,
    "already_billed" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "source_digest" TEXT,
    "month_over" BOOLEAN NOT NULL DEFAULT false,
    "version_ids" UUID[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3),
    "issued_by" TEXT,

    CONSTRAINT "bill_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bill" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "household_id" UUID NOT NULL,
    "item_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "status" TEXT NOT NULL,
    "number" TEXT,
    "quantity" DECIMAL(20,9) NOT NULL,
    "amount" DECIMAL(16,2) NOT NULL,
    "estimated" BOOLEAN NOT NULL,
    "used_before" DECIMAL(20,9),
    "tariff_id" UUID NOT NULL,
    "period_from" TIMESTAMPTZ(3) NOT NULL,
    "period_to" TIMESTAMPTZ(3) NOT NULL,
    "issued_at" TIMESTAMPTZ(3),

    CONSTRAINT "bill_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bill_evidence" (
    "bill_id" UUID NOT NULL,
    "segments" JSON NOT NULL,

    CONSTRAINT "bill_evidence_pkey" PRIMARY KEY ("bill_id")
);

-- CreateTable
CREATE TABLE "bill_line" (
    "bill_id" UUID NOT NULL,
    "sequence" SMALLINT NOT NULL,
    "quantity" DECIMAL(20,9) NOT NULL,
    "unit_price" DECIMAL(16,8) NOT NULL,
    "exact_amount" DECIMAL(30,17) NOT NULL,
    "amount" DECIMAL(16,2) NOT NULL,
    "tier_number" SMALLINT,
    "tier_above" DECIMAL(20,9),
    "tier_up_to" DECIMAL(20,9),
    "band" TEXT,
    "part_from" DATE,
    "part_to" DATE,
    "part_method" TEXT,
    "tariff_version_id" UUID NOT NULL,

    CONSTRAINT "bill_line_pkey" PRIMARY KEY ("bill_id","sequence")
);

-- CreateTable
CREATE TABLE "held_account" (
    "run_id" UUID NOT NULL,
    "household_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "metering_point_id" UUID,
    "detail" JSONB NOT NULL,

    CONSTRAINT "held_account_pkey" PRIMARY KEY ("run_id","household_id")
);

-- CreateTable
CREATE TABLE "command" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "target_label_zh" TEXT NOT NULL,
    "target_label_en" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "content_hash" BYTEA NOT NULL,
    "priority" SMALLINT NOT NULL,
    "state" TEXT NOT NULL,
    "gateway_step" TEXT,
    "uncertain" BOOLEAN NOT NULL DEFAULT false,
    "settled_by" TEXT,
    "message" TEXT,
    "outcome" JSONB,
    "reason" TEXT NOT NULL,
    "requested_by_id" UUID NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "approved_by_id" UUID,
    "approved_by" TEXT,
    "approved_at" TIMESTAMPTZ(3),
    "queue_number" BIGINT,
    "sent_at" TIMESTAMPTZ(3),
    "last_sent_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "command_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "command_step" (
    "id" BIGSERIAL NOT NULL,
    "command_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "gateway_at" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL,
    "by" TEXT,
    "message" TEXT,
    "outcome" JSONB,

    CONSTRAINT "command_step_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "building" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "building_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "kind" "RoomKind" NOT NULL,
    "floor" INTEGER,
    "area_m2" DECIMAL(12,2),

    CONSTRAINT "room_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "account_number" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "HouseholdKind" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "household_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household_room" (
    "household_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),

    CONSTRAINT "household_room_pkey" PRIMARY KEY ("room_id","from_at")
);

-- CreateTable
CREATE TABLE "access_event" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "door" TEXT NOT NULL,
    "granted" BOOLEAN NOT NULL,
    "credential" TEXT NOT NULL,
    "person" TEXT,
    "person_name" TEXT,
    "card" TEXT,
    "direction" TEXT,
    "reason" TEXT,
    "picture" TEXT,

    CONSTRAINT "access_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attendance_event" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "person" TEXT NOT NULL,
    "person_name" TEXT,
    "credential" TEXT NOT NULL,
    "punch" TEXT NOT NULL,
    "work_code" TEXT,

    CONSTRAINT "attendance_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "door_event" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "door" TEXT NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "door_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "vehicle_event" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "lane" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "plate" TEXT NOT NULL,
    "plate_color" TEXT,
    "vehicle_type" TEXT,
    "confidence" DOUBLE PRECISION,
    "list" TEXT,
    "picture" TEXT,

    CONSTRAINT "vehicle_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alarm_event" (
    "id" BIGSERIAL NOT NULL,
    "project_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "device_key" TEXT NOT NULL,
    "device_name" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "code" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "message" TEXT NOT NULL,

    CONSTRAINT "alarm_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_count" (
    "project_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "event_count_pkey" PRIMARY KEY ("project_id","type","at")
);

-- CreateTable
CREATE TABLE "gateway_config" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "gateway_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "issues" JSONB NOT NULL DEFAULT '[]',
    "content_sealed" BYTEA NOT NULL,

    CONSTRAINT "gateway_config_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gateway_report" (
    "gateway_id" UUID NOT NULL,
    "schema" JSONB,
    "schema_revision" TEXT,
    "running_id" UUID,
    "running_at" TIMESTAMPTZ(3),
    "running_sealed" BYTEA,

    CONSTRAINT "gateway_report_pkey" PRIMARY KEY ("gateway_id")
);

-- CreateTable
CREATE TABLE "gateway_template" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "project_id" UUID,
    "config" JSONB NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_template_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gateway_request" (
    "id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "answer" JSONB,

    CONSTRAINT "gateway_request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gateway" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "enrol_token_hash" BYTEA,
    "enrol_token_expires_at" TIMESTAMPTZ(3),
    "enrolled_at" TIMESTAMPTZ(3),
    "secret_hash" BYTEA,
    "revoked_at" TIMESTAMPTZ(3),
    "online" BOOLEAN NOT NULL DEFAULT false,
    "last_seen_at" TIMESTAMPTZ(3),
    "agent_version" TEXT,
    "status" JSONB,
    "status_at" TIMESTAMPTZ(3),
    "catalogue_revision" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "gateway_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "device" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "gateway_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "profile" TEXT NOT NULL,
    "manufacturer" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "medium" TEXT NOT NULL,
    "driver" TEXT NOT NULL,
    "bus" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "serial" TEXT,
    "commands" JSONB NOT NULL DEFAULT '[]',
    "state" TEXT NOT NULL DEFAULT 'unknown',
    "last_good_at" TIMESTAMPTZ(3),
    "latency_ms" DOUBLE PRECISION,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "errors" BIGINT NOT NULL DEFAULT 0,
    "message" TEXT,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "device_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "point" (
    "id" SERIAL NOT NULL,
    "device_id" UUID NOT NULL,
    "gateway_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "label_zh" TEXT NOT NULL,
    "label_en" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "scale" SMALLINT NOT NULL,
    "digits" SMALLINT,
    "interval_ms" INTEGER NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "point_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metering_point" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "medium" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "building_id" UUID,
    "room_id" UUID,
    "parent_id" UUID,

    CONSTRAINT "metering_point_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "meter" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "serial" TEXT NOT NULL,
    "medium" TEXT NOT NULL,
    "manufacturer" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "scale" SMALLINT NOT NULL,
    "digits" SMALLINT,
    "multiplier" DECIMAL(12,4) NOT NULL DEFAULT 1,
    "max_per_hour" DECIMAL(12,3) NOT NULL DEFAULT 1000,
    "jitter" DECIMAL(12,4) NOT NULL DEFAULT 0,
    "point_id" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "meter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "meter_feed" (
    "meter_id" UUID NOT NULL,
    "point_id" INTEGER NOT NULL,
    "origin" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "meter_feed_pkey" PRIMARY KEY ("meter_id","point_id")
);

-- CreateTable
CREATE TABLE "installation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "metering_point_id" UUID NOT NULL,
    "meter_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "initial_index" DECIMAL(20,9),
    "final_index" DECIMAL(20,9),

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "manual_read" (
    "id" BIGSERIAL NOT NULL,
    "meter_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "mantissa" BIGINT NOT NULL,
    "source" TEXT NOT NULL,
    "note" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "manual_read_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_day" (
    "metering_point_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "project_id" UUID NOT NULL,
    "slot_usage" BIGINT[],
    "slot_status" SMALLINT[],
    "slot_index" BIGINT[],
    "estimated_bits" BIGINT NOT NULL,
    "scale" SMALLINT NOT NULL,
    "index_scale" SMALLINT NOT NULL,
    "usage" DECIMAL(20,9) NOT NULL,
    "status" SMALLINT NOT NULL,
    "known_slots" SMALLINT NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "usage_day_pkey" PRIMARY KEY ("metering_point_id","day")
);

-- CreateTable
CREATE TABLE "usage_month" (
    "metering_point_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "project_id" UUID NOT NULL,
    "usage" DECIMAL(20,9) NOT NULL,
    "slot_usage" BIGINT[],
    "scale" SMALLINT NOT NULL,
    "status" SMALLINT NOT NULL,
    "known_slots" SMALLINT NOT NULL,
    "total_slots" SMALLINT NOT NULL,
    "estimated_slots" SMALLINT NOT NULL,
    "from_boundary" JSONB,
    "to_boundary" JSONB,
    "computed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "usage_month_pkey" PRIMARY KEY ("metering_point_id","month")
);

-- CreateTable
CREATE TABLE "held_interval" (
    "id" BIGSERIAL NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "from_index" DECIMAL(20,9) NOT NULL,
    "to_index" DECIMAL(20,9) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "held_interval_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_dirty" (
    "metering_point_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "marked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "last_marked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "usage_dirty_pkey" PRIMARY KEY ("metering_point_id")
);

-- CreateTable
CREATE TABLE "metering_point_state" (
    "metering_point_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "last_read_at" TIMESTAMPTZ(3) NOT NULL,
    "last_index" DECIMAL(20,9) NOT NULL,
    "scale" SMALLINT NOT NULL,

    CONSTRAINT "metering_point_state_pkey" PRIMARY KEY ("metering_point_id")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "username" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "project_ids" UUID[],
    "all_projects" BOOLEAN NOT NULL DEFAULT false,
    "password_hash" TEXT NOT NULL,
    "failed_sign_ins" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "last_sign_in_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "csrf_token" TEXT NOT NULL,
    "ip" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "setup_token" (
    "token_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "setup_token_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "user_id" UUID,
    "actor" TEXT NOT NULL,
    "ip" TEXT,
    "action" TEXT NOT NULL,
    "entity" TEXT NOT NULL,
    "entity_id" TEXT,
    "project_id" UUID,
    "before" JSONB,
    "after" JSONB,
    "request_id" TEXT,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "number_sequence" (
    "project_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "next" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "number_sequence_pkey" PRIMARY KEY ("project_id","kind","period")
);

-- CreateTable
CREATE TABLE "certificate_authority" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "certificate" TEXT NOT NULL,
    "key_sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "certificate_authority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hub_certificate" (
    "id" TEXT NOT NULL,
    "authority_id" UUID NOT NULL,
    "certificate" TEXT NOT NULL,
    "key_sealed" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "hub_certificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "issued_certificate" (
    "serial" TEXT NOT NULL,
    "authority_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "issued_certificate_pkey" PRIMARY KEY ("serial")
);

-- CreateTable
CREATE TABLE "reading_batch" (
    "id" BIGSERIAL NOT NULL,
    "gateway_id" UUID NOT NULL,
    "outbox" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "readings" INTEGER NOT NULL,
    "events" INTEGER NOT NULL DEFAULT 0,
    "first_at" TIMESTAMPTZ(3),
    "last_at" TIMESTAMPTZ(3),
    "payload" BYTEA NOT NULL,
    "replay_of" BIGINT,

    CONSTRAINT "reading_batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_block" (
    "point_id" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "serial" BIGSERIAL NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "readings" INTEGER NOT NULL,
    "offsets" INTEGER[],
    "mantissas" BIGINT[],
    "qualities" SMALLINT[],
    "batch_id" BIGINT NOT NULL,
    "batches" INTEGER[],

    CONSTRAINT "reading_block_pkey" PRIMARY KEY ("point_id","first_at","serial")
);

-- CreateTable
CREATE TABLE "point_latest" (
    "point_id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "mantissa" BIGINT,
    "quality" SMALLINT NOT NULL,
    "batch_id" BIGINT NOT NULL,

    CONSTRAINT "point_latest_pkey" PRIMARY KEY ("point_id")
);

-- CreateTable
CREATE TABLE "quarantine_entry" (
    "id" BIGSERIAL NOT NULL,
    "gateway_id" UUID,
    "project_id" UUID,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "topic" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "reason" JSONB NOT NULL,
    "point" TEXT,
    "device" TEXT,
    "batch_id" BIGINT,
    "readings" INTEGER NOT NULL DEFAULT 0,
    "events" INTEGER NOT NULL DEFAULT 0,
    "payload" BYTEA,
    "payload_hash" BYTEA,
    "state" TEXT NOT NULL DEFAULT 'open',
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "note" TEXT,

    CONSTRAINT "quarantine_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lost_readings" (
    "id" BIGSERIAL NOT NULL,
    "gateway_id" UUID NOT NULL,
    "batch_id" BIGINT NOT NULL,
    "readings" INTEGER NOT NULL,
    "events" INTEGER NOT NULL DEFAULT 0,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "lost_readings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "log_cursor" (
    "follower" TEXT NOT NULL,
    "batch_id" BIGINT NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "error" TEXT,

    CONSTRAINT "log_cursor_pkey" PRIMARY KEY ("follower")
);

-- CreateIndex
CREATE UNIQUE INDEX "charge_item_project_id_code_key" ON "charge_item"("project_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "tariff_project_id_code_key" ON "tariff"("project_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "tariff_version_tariff_id_effective_from_key" ON "tariff_version"("tariff_id", "effective_from");

-- CreateIndex
CREATE INDEX "charge_assignment_project_id_item_id_idx" ON "charge_assignment"("project_id", "item_id");

-- CreateIndex
CREATE INDEX "charge_assignment_household_id_idx" ON "charge_assignment"("household_id");

-- CreateIndex
CREATE UNIQUE INDEX "charge_assignment_metering_point_id_item_id_from_day_key" ON "charge_assignment"("metering_point_id", "item_id", "from_day");

-- CreateIndex
CREATE INDEX "bill_run_project_id_created_at_idx" ON "bill_run"("project_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "bill_run_id_idx" ON "bill"("run_id");

-- CreateIndex
CREATE INDEX "command_project_id_requested_at_id_idx" ON "command"("project_id", "requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "command_device_id_requested_at_id_idx" ON "command"("device_id", "requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "command_gateway_id_requested_at_id_idx" ON "command"("gateway_id", "requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "command_requested_at_id_idx" ON "command"("requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "command_step_command_id_id_idx" ON "command_step"("command_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "project_code_key" ON "project"("code");

-- CreateIndex
CREATE UNIQUE INDEX "building_project_id_code_key" ON "building"("project_id", "code");

-- CreateIndex
CREATE INDEX "room_project_id_idx" ON "room"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "room_building_id_code_key" ON "room"("building_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "household_project_id_account_number_key" ON "household"("project_id", "account_number");

-- CreateIndex
CREATE INDEX "household_room_household_id_idx" ON "household_room"("household_id");

-- CreateIndex
CREATE UNIQUE INDEX "access_event_gateway_id_device_key_event_id_key" ON "access_event"("gateway_id", "device_key", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "attendance_event_gateway_id_device_key_event_id_key" ON "attendance_event"("gateway_id", "device_key", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "door_event_gateway_id_device_key_event_id_key" ON "door_event"("gateway_id", "device_key", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "vehicle_event_gateway_id_device_key_event_id_key" ON "vehicle_event"("gateway_id", "device_key", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "alarm_event_gateway_id_device_key_event_id_key" ON "alarm_event"("gateway_id", "device_key", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "gateway_config_gateway_id_number_key" ON "gateway_config"("gateway_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "gateway_template_name_key" ON "gateway_template"("name");

-- CreateIndex
CREATE INDEX "gateway_request_gateway_id_idx" ON "gateway_request"("gateway_id");

-- CreateIndex
CREATE UNIQUE INDEX "gateway_enrol_token_hash_key" ON "gateway"("enrol_token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "gateway_project_id_name_key" ON "gateway"("project_id", "name");

-- CreateIndex
CREATE INDEX "device_project_id_serial_idx" ON "device"("project_id", "serial");

-- CreateIndex
CREATE UNIQUE INDEX "device_gateway_id_key_key" ON "device"("gateway_id", "key");

-- CreateIndex
CREATE INDEX "point_device_id_idx" ON "point"("device_id");

-- CreateIndex
CREATE UNIQUE INDEX "point_gateway_id_key_key" ON "point"("gateway_id", "key");

-- CreateIndex
CREATE INDEX "metering_point_room_id_idx" ON "metering_point"("room_id");

-- CreateIndex
CREATE INDEX "metering_point_parent_id_idx" ON "metering_point"("parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "metering_point_project_id_code_key" ON "metering_point"("project_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "meter_point_id_key" ON "meter"("point_id");

-- CreateIndex
CREATE UNIQUE INDEX "meter_project_id_serial_key" ON "meter"("project_id", "serial");

-- CreateIndex
CREATE INDEX "meter_feed_point_id_idx" ON "meter_feed"("point_id");

-- CreateIndex
CREATE INDEX "installation_meter_id_idx" ON "installation"("meter_id");

-- CreateIndex
CREATE UNIQUE INDEX "installation_metering_point_id_from_at_key" ON "installation"("metering_point_id", "from_at");

-- CreateIndex
CREATE INDEX "manual_read_meter_id_at_idx" ON "manual_read"("meter_id", "at");

-- CreateIndex
CREATE INDEX "usage_day_project_id_day_idx" ON "usage_day"("project_id", "day");

-- CreateIndex
CREATE INDEX "usage_month_project_id_month_idx" ON "usage_month"("project_id", "month");

-- CreateIndex
CREATE UNIQUE INDEX "held_interval_metering_point_id_from_at_key" ON "held_interval"("metering_point_id", "from_at");

-- CreateIndex
CREATE INDEX "usage_dirty_marked_at_idx" ON "usage_dirty"("marked_at");

-- CreateIndex
CREATE INDEX "metering_point_state_project_id_last_read_at_idx" ON "metering_point_state"("project_id", "last_read_at");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_username_key" ON "app_user"("username");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- CreateIndex
CREATE INDEX "audit_entry_at_idx" ON "audit_entry"("at" DESC);

-- CreateIndex
CREATE INDEX "audit_entry_entity_entity_id_idx" ON "audit_entry"("entity", "entity_id");

-- CreateIndex
CREATE INDEX "issued_certificate_subject_issued_at_idx" ON "issued_certificate"("subject", "issued_at");

-- CreateIndex
CREATE UNIQUE INDEX "reading_batch_gateway_id_outbox_sequence_key" ON "reading_batch"("gateway_id", "outbox", "sequence");

-- CreateIndex
CREATE INDEX "quarantine_entry_state_received_at_idx" ON "quarantine_entry"("state", "received_at" DESC);

-- CreateIndex
CREATE INDEX "lost_readings_gateway_id_to_at_idx" ON "lost_readings"("gateway_id", "to_at");

-- AddForeignKey
ALTER TABLE "tariff_version" ADD CONSTRAINT "tariff_version_tariff_id_fkey" FOREIGN KEY ("tariff_id") REFERENCES "tariff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "command_step" ADD CONSTRAINT "command_step_command_id_fkey" FOREIGN KEY ("command_id") REFERENCES "command"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "building" ADD CONSTRAINT "building_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room" ADD CONSTRAINT "room_building_id_fkey" FOREIGN KEY ("building_id") REFERENCES "building"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "household_room" ADD CONSTRAINT "household_room_household_id_fkey" FOREIGN KEY ("household_id") REFERENCES "household"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "household_room" ADD CONSTRAINT "household_room_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "room"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gateway_config" ADD CONSTRAINT "gateway_config_gateway_id_fkey" FOREIGN KEY ("gateway_id") REFERENCES "gateway"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gateway_report" ADD CONSTRAINT "gateway_report_gateway_id_fkey" FOREIGN KEY ("gateway_id") REFERENCES "gateway"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gateway_request" ADD CONSTRAINT "gateway_request_gateway_id_fkey" FOREIGN KEY ("gateway_id") REFERENCES "gateway"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device" ADD CONSTRAINT "device_gateway_id_fkey" FOREIGN KEY ("gateway_id") REFERENCES "gateway"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "point" ADD CONSTRAINT "point_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meter_feed" ADD CONSTRAINT "meter_feed_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "installation" ADD CONSTRAINT "installation_metering_point_id_fkey" FOREIGN KEY ("metering_point_id") REFERENCES "metering_point"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "installation" ADD CONSTRAINT "installation_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "manual_read" ADD CONSTRAINT "manual_read_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- prisma/sql/platform.sql
-- An audit trail is written once: neither the application nor a mistake changes it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON "audit_entry"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON "audit_entry" EXECUTE FUNCTION refuse_change();
CREATE INDEX "audit_entry_project_id_at_idx" ON "audit_entry" ("project_id", "at" DESC);

-- prisma/sql/charging.sql
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

-- prisma/sql/commands.sql
-- Places in the queue: instants may be equal.
create sequence command_queue;

-- At most one command of a device and target is on its way, whatever process sends it.
create unique index command_one_in_flight on command (device_id, target) where state = 'sent';

-- What the sender looks through again and again: only what is not ended.
create index command_open on command (state, gateway_id) where state in ('awaitingApproval', 'queued', 'sent');

alter table command
  add constraint command_settled check ((settled_by is null) = (finished_at is null)),
  add constraint command_second_person check (approved_by_id <> requested_by_id);

-- What became of a command is written once.
create trigger command_step_append_only before update or delete on command_step
  for each row execute function refuse_change();
create trigger command_step_no_truncate before truncate on command_step execute function refuse_change();
create trigger command_stays before delete on command for each row execute function refuse_change();
create trigger command_no_truncate before truncate on command execute function refuse_change();
create trigger command_as_asked before update of id, project_id, gateway_id, device_id, device_key, target, kind,
  content_hash, reason, requested_by_id, requested_by, requested_at, expires_at on command
  for each row execute function refuse_change();

-- prisma/sql/estate.sql
-- A room is home to one household at a time.
CREATE UNIQUE INDEX "household_room_current_key" ON "household_room" ("room_id") WHERE "to_at" IS NULL;
ALTER TABLE "household_room" ADD CONSTRAINT "household_room_period_check" CHECK ("to_at" IS NULL OR "to_at" > "from_at");

-- prisma/sql/events.sql
-- Newest first, of all, of a project and of a device; id makes the order total. The one of a project also counts days.
create index access_event_at on access_event (at desc, id desc);
create index access_event_project on access_event (project_id, at desc, id desc);
create index access_event_device on access_event (device_id, at desc, id desc);
create index attendance_event_at on attendance_event (at desc, id desc);
create index attendance_event_project on attendance_event (project_id, at desc, id desc);
create index attendance_event_device on attendance_event (device_id, at desc, id desc);
create index door_event_at on door_event (at desc, id desc);
create index door_event_project on door_event (project_id, at desc, id desc);
create index door_event_device on door_event (device_id, at desc, id desc);
create index vehicle_event_at on vehicle_event (at desc, id desc);
create index vehicle_event_project on vehicle_event (project_id, at desc, id desc);
create index vehicle_event_device on vehicle_event (device_id, at desc, id desc);
create index alarm_event_at on alarm_event (at desc, id desc);
create index alarm_event_project on alarm_event (project_id, at desc, id desc);
create index alarm_event_device on alarm_event (device_id, at desc, id desc);

-- What people search by: the beginning of a word, whatever its case.
create index access_event_person on access_event (lower(person) text_pattern_ops, at desc);
create index access_event_person_name on access_event (lower(person_name) text_pattern_ops, at desc);
create index access_event_card on access_event (lower(card) text_pattern_ops, at desc);
create index access_event_door on access_event (lower(door) text_pattern_ops, at desc);
create index attendance_event_person on attendance_event (lower(person) text_pattern_ops, at desc);
create index attendance_event_person_name on attendance_event (lower(person_name) text_pattern_ops, at desc);
create index door_event_door on door_event (lower(door) text_pattern_ops, at desc);
create index vehicle_event_plate on vehicle_event (lower(plate) text_pattern_ops, at desc);
create index alarm_event_code on alarm_event (lower(code) text_pattern_ops, at desc);

-- An event is what a device said once.
create trigger access_event_append_only before update or delete on access_event
  for each row execute function refuse_change();
create trigger access_event_no_truncate before truncate on access_event execute function refuse_change();
create trigger attendance_event_append_only before update or delete on attendance_event
  for each row execute function refuse_change();
create trigger attendance_event_no_truncate before truncate on attendance_event execute function refuse_change();
create trigger door_event_append_only before update or delete on door_event
  for each row execute function refuse_change();
create trigger door_event_no_truncate before truncate on door_event execute function refuse_change();
create trigger vehicle_event_append_only before update or delete on vehicle_event
  for each row execute function refuse_change();
create trigger vehicle_event_no_truncate before truncate on vehicle_event execute function refuse_change();
create trigger alarm_event_append_only before update or delete on alarm_event
  for each row execute function refuse_change();
create trigger alarm_event_no_truncate before truncate on alarm_event execute function refuse_change();

-- prisma/sql/fleet.sql
-- One configuration at a time is on its way to a gateway, and one runs
CREATE UNIQUE INDEX gateway_config_pending ON gateway_config (gateway_id) WHERE state = 'pending';
CREATE UNIQUE INDEX gateway_config_running ON gateway_config (gateway_id) WHERE state = 'running';
ALTER TABLE gateway_config ADD CONSTRAINT gateway_config_state
  CHECK (state IN ('draft', 'pending', 'running', 'refused', 'rolledBack', 'superseded'));

-- prisma/sql/metering.sql
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

-- prisma/sql/telemetry.sql
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
create trigger reading_batch_append_only before update or delete on reading_batch
  for each row execute function refuse_change();
create trigger reading_batch_no_truncate before truncate on reading_batch execute function refuse_change();
create trigger lost_readings_append_only before update or delete on lost_readings
  for each row execute function refuse_change();
create trigger lost_readings_no_truncate before truncate on lost_readings execute function refuse_change();
create trigger quarantine_entry_stays before delete on quarantine_entry
  for each row execute function refuse_change();
create trigger quarantine_entry_no_truncate before truncate on quarantine_entry execute function refuse_change();
create trigger quarantine_entry_as_it_came before update of payload, payload_hash, gateway_id, project_id, topic,
  batch_id, point, device, received_at on quarantine_entry for each row execute function refuse_change();
