-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "HouseholdKind" AS ENUM ('residential', 'commercial', 'property');

-- CreateTable
CREATE TABLE "call_log" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID,
    "phone" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "agent_id" UUID NOT NULL,
    "party_id" UUID,
    "household_id" UUID,
    "room_id" UUID,
    "note" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "call_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_extension" (
    "extension" TEXT NOT NULL,
    "user_id" UUID NOT NULL,

    CONSTRAINT "agent_extension_pkey" PRIMARY KEY ("extension")
);

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
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "zone" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "generation_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "zone_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "building" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "zone_id" UUID,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'residential',
    "position" INTEGER NOT NULL DEFAULT 0,
    "generation_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "building_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "unit" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "generation_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "unit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "unit_id" UUID,
    "code" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "floor" INTEGER,
    "area_m2" DECIMAL(12,2),
    "usable_area_m2" DECIMAL(12,2),
    "delivery_state" TEXT NOT NULL DEFAULT 'handedOver',
    "decoration_state" TEXT NOT NULL DEFAULT 'decorated',
    "rent_state" TEXT NOT NULL DEFAULT 'none',
    "generation_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "room_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room_generation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "plan" JSONB NOT NULL,
    "zones" INTEGER NOT NULL,
    "buildings" INTEGER NOT NULL,
    "units" INTEGER NOT NULL,
    "rooms" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "undone_at" TIMESTAMPTZ(3),
    "undone_by" UUID,

    CONSTRAINT "room_generation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "floor_plan" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "floor" INTEGER NOT NULL,
    "file_hash" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "size_bytes" INTEGER NOT NULL,
    "width_px" INTEGER NOT NULL,
    "height_px" INTEGER NOT NULL,
    "shapes" JSONB NOT NULL DEFAULT '[]',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,

    CONSTRAINT "floor_plan_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "account_number" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "HouseholdKind" NOT NULL,
    "origin_role_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "household_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household_room" (
    "household_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "origin_role_id" UUID,

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
CREATE TABLE "stored_file" (
    "hash" TEXT NOT NULL,
    "size_bytes" INTEGER NOT NULL,
    "kept_at" TIMESTAMPTZ(3) NOT NULL,
    "check_due" TIMESTAMPTZ(3),

    CONSTRAINT "stored_file_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "attachment" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "file_hash" TEXT NOT NULL,
    "small_hash" TEXT,
    "medium_hash" TEXT,
    "name" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "size_bytes" INTEGER NOT NULL,
    "uploaded_by" UUID NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,
    "resource" TEXT,
    "record_id" UUID,
    "field" TEXT,
    "project_id" UUID,
    "released_at" TIMESTAMPTZ(3),

    CONSTRAINT "attachment_pkey" PRIMARY KEY ("id")
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
CREATE TABLE "handover_batch" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "notice" TEXT NOT NULL,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE NOT NULL,
    "items" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "handover_batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "handover" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "batch_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "party_id" UUID,
    "notified_at" TIMESTAMPTZ(3),
    "appointed_for" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "completed_by" UUID,
    "remark" TEXT,
    "keys" JSONB NOT NULL DEFAULT '[]',
    "reads" JSONB NOT NULL DEFAULT '[]',
    "charges" JSONB NOT NULL DEFAULT '[]',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "handover_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "handover_item" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "handover_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "area" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "result" TEXT,
    "remark" TEXT,
    "photo_hash" TEXT,
    "photo_type" TEXT,

    CONSTRAINT "handover_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "defect" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "handover_id" UUID,
    "item_id" UUID,
    "title" TEXT NOT NULL,
    "detail" TEXT,
    "state" TEXT NOT NULL DEFAULT 'open',
    "due_on" DATE,
    "settled_at" TIMESTAMPTZ(3),
    "photos" UUID[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "defect_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "owner_change" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "from_party_id" UUID,
    "to_party_id" UUID NOT NULL,
    "from_household_id" UUID,
    "to_household_id" UUID NOT NULL,
    "unpaid_bills" INTEGER NOT NULL,
    "unpaid_amount" DECIMAL(16,2) NOT NULL,
    "settlement" TEXT NOT NULL,
    "reads" JSONB NOT NULL,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,

    CONSTRAINT "owner_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fit_out_permit" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "number" TEXT NOT NULL,
    "applicant_id" UUID NOT NULL,
    "company" TEXT NOT NULL,
    "company_phone" TEXT,
    "work" TEXT NOT NULL,
    "starts_on" DATE NOT NULL,
    "ends_on" DATE NOT NULL,
    "deposit_amount" DECIMAL(16,2) NOT NULL,
    "deposit_state" TEXT NOT NULL,
    "refunded_amount" DECIMAL(16,2),
    "state" TEXT NOT NULL DEFAULT 'submitted',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "fit_out_permit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fit_out_inspection" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "permit_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "result" TEXT NOT NULL,
    "remark" TEXT NOT NULL,
    "created_by" UUID,

    CONSTRAINT "fit_out_inspection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fit_out_pass" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "permit_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "worker_name" TEXT NOT NULL,
    "worker_phone" TEXT,
    "valid_from" DATE NOT NULL,
    "valid_to" DATE NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,

    CONSTRAINT "fit_out_pass_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "previous_hash" BYTEA,
    "previous_until" TIMESTAMPTZ(3),
    "owner_id" UUID NOT NULL,
    "permissions" TEXT[],
    "all_projects" BOOLEAN NOT NULL DEFAULT false,
    "project_ids" UUID[],
    "building_ids" UUID[],
    "per_minute" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "last_used_ip" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "all_projects" BOOLEAN NOT NULL DEFAULT false,
    "project_ids" UUID[],
    "active" BOOLEAN NOT NULL DEFAULT true,
    "owner_id" UUID NOT NULL,
    "secret_sealed" BYTEA NOT NULL,
    "previous_secret_sealed" BYTEA,
    "previous_secret_until" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "failure_told_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_event" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "project_id" UUID,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "webhook_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "status" INTEGER,
    "fault" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_attempt" (
    "id" BIGSERIAL NOT NULL,
    "delivery_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "status" INTEGER,
    "body" TEXT,
    "fault" JSONB,

    CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "face" TEXT NOT NULL DEFAULT 'staff',
    "user_id" UUID,
    "unknown_name" TEXT,
    "phone" TEXT,
    "project_ids" UUID[] DEFAULT ARRAY[]::UUID[],
    "ip" TEXT,
    "user_agent" TEXT,
    "reason" TEXT,
    "request_id" TEXT,

    CONSTRAINT "sign_in_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lost_item" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',
    "project_id" UUID NOT NULL,
    "department_id" UUID,
    "number" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "category" TEXT,
    "description" TEXT,
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "place_id" UUID,
    "place_text" TEXT,
    "finder" TEXT,
    "state" TEXT NOT NULL DEFAULT 'found',
    "claimant_name" TEXT,
    "claimant_phone" TEXT,
    "closed_at" TIMESTAMPTZ(3),
    "photos" UUID[],

    CONSTRAINT "lost_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID,
    "template" TEXT NOT NULL,
    "template_version" INTEGER NOT NULL,
    "variables" JSONB NOT NULL,
    "priority" TEXT NOT NULL,
    "link" TEXT,
    "dedupe_key" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_delivery" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "message_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "user_id" UUID,
    "party_id" UUID,
    "recipient" TEXT NOT NULL,
    "address" TEXT,
    "language" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "body" TEXT,
    "body_sealed" BYTEA,
    "state" TEXT NOT NULL,
    "rank" SMALLINT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "tried_at" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "read_at" TIMESTAMPTZ(3),
    "provider_id" TEXT,
    "fault" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_template_version" (
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "texts" JSONB,
    "channels" TEXT[],
    "provider_codes" JSONB NOT NULL DEFAULT '{}',
    "note" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "message_template_version_pkey" PRIMARY KEY ("key","version")
);

-- CreateTable
CREATE TABLE "message_channel" (
    "channel" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "secrets_sealed" BYTEA,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" TEXT NOT NULL,

    CONSTRAINT "message_channel_pkey" PRIMARY KEY ("channel")
);

-- CreateTable
CREATE TABLE "message_preference" (
    "user_id" UUID NOT NULL,
    "language" TEXT NOT NULL DEFAULT 'zh',
    "muted_channels" TEXT[],
    "quiet_from" TEXT,
    "quiet_to" TEXT,
    "muted_until" TIMESTAMPTZ(3),
    "wechat_openid" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "message_preference_pkey" PRIMARY KEY ("user_id")
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
    "verified_until" DATE,
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
    "photo_sha256" TEXT,
    "photo_media_type" TEXT,
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
CREATE TABLE "backup" (
    "id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "slot" TEXT,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "name" TEXT,
    "hub_version" TEXT NOT NULL,
    "total_bytes" BIGINT NOT NULL DEFAULT 0,
    "done_bytes" BIGINT NOT NULL DEFAULT 0,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "tables" INTEGER NOT NULL DEFAULT 0,
    "rows" BIGINT NOT NULL DEFAULT 0,
    "files" INTEGER NOT NULL DEFAULT 0,
    "keys_inside" BOOLEAN NOT NULL DEFAULT false,
    "fault" JSONB,
    "check_state" TEXT,
    "checked_at" TIMESTAMPTZ(3),
    "check_fault" JSONB,

    CONSTRAINT "backup_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "telemetry_archive" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'archived',
    "file" TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    "readings" BIGINT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "archived_at" TIMESTAMPTZ(3) NOT NULL,
    "restored_at" TIMESTAMPTZ(3),

    CONSTRAINT "telemetry_archive_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "telemetry_horizon" (
    "project_id" UUID NOT NULL,
    "readings_from" TIMESTAMPTZ(3),
    "first_day" DATE,
    "last_run_at" TIMESTAMPTZ(3),
    "fault" JSONB,

    CONSTRAINT "telemetry_horizon_pkey" PRIMARY KEY ("project_id")
);

-- CreateTable
CREATE TABLE "company" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "company_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "department" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "company_id" UUID NOT NULL,
    "parent_id" UUID,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "leader_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "department_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "post" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "department_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "post_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "code" TEXT NOT NULL,
    "name" TEXT,
    "description" TEXT NOT NULL DEFAULT '',
    "builtin" BOOLEAN NOT NULL DEFAULT false,
    "permissions" TEXT[],
    "known_defaults" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "role_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_assignment" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "role_id" UUID NOT NULL,
    "all_projects" BOOLEAN NOT NULL DEFAULT false,
    "project_ids" UUID[],
    "building_ids" UUID[],
    "records" TEXT NOT NULL DEFAULT 'all',
    "until_at" TIMESTAMPTZ(3),

    CONSTRAINT "role_assignment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "party" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'person',
    "name" TEXT NOT NULL,
    "phone" TEXT,
    "second_phone" TEXT,
    "email" TEXT,
    "identity_kind" TEXT,
    "identity_number" TEXT,
    "birthday" DATE,
    "preferences" TEXT,
    "special_care" TEXT,
    "remark" TEXT,
    "origin_role_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "party_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "party_role" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "share_percent" DECIMAL(7,4),
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',
    "ended_by" UUID,

    CONSTRAINT "party_role_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household_payer" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "household_id" UUID NOT NULL,
    "party_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "created_by" UUID,

    CONSTRAINT "household_payer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "vehicle" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "plate" TEXT NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'car',
    "description" TEXT,
    "owner_id" UUID NOT NULL,
    "parking_room_id" UUID,
    "from_day" DATE NOT NULL,
    "to_day" DATE,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "vehicle_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "key_holding" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "building_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "party_id" UUID,
    "holder" TEXT NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "created_by" UUID,
    "ended_by" UUID,

    CONSTRAINT "key_holding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "household_note" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "household_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "household_note_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "username" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "department_id" UUID,
    "post_id" UUID,
    "phone" TEXT,
    "email" TEXT,
    "password_hash" TEXT NOT NULL,
    "failed_sign_ins" INTEGER NOT NULL DEFAULT 0,
    "locked_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "last_sign_in_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "acting_as_id" UUID,
    "acting_since" TIMESTAMPTZ(3),
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
CREATE TABLE "number_rule" (
    "project_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "reset" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "changed_by" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "number_rule_pkey" PRIMARY KEY ("project_id","kind")
);

-- CreateTable
CREATE TABLE "portal_session" (
    "id" BYTEA NOT NULL,
    "phone" TEXT NOT NULL,
    "csrf_token" TEXT NOT NULL,
    "ip" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "portal_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "portal_code" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "phone" TEXT NOT NULL,
    "code_hash" TEXT NOT NULL,
    "ip" TEXT NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "portal_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "portal_family" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "party_role_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "phone" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "sees_bills" BOOLEAN NOT NULL,
    "sees_energy" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "portal_family_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "announcement" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',
    "project_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "important" BOOLEAN NOT NULL DEFAULT false,
    "audience" TEXT NOT NULL DEFAULT 'all',
    "building_id" UUID,
    "shown_from" TIMESTAMPTZ(3) NOT NULL,
    "shown_to" TIMESTAMPTZ(3),

    CONSTRAINT "announcement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "office_contact" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),
    "custom" JSONB NOT NULL DEFAULT '{}',
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "telephone" TEXT NOT NULL,
    "hours" TEXT,
    "address" TEXT,

    CONSTRAINT "office_contact_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "print_template_version" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID,
    "kind" TEXT NOT NULL,
    "paper" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "content" JSONB,
    "note" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "print_template_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "print_picture" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID,
    "name" TEXT NOT NULL,
    "file_hash" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "width_px" INTEGER NOT NULL,
    "height_px" INTEGER NOT NULL,
    "added_by" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "print_picture_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_route" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "due_day" SMALLINT NOT NULL,
    "assignee_id" UUID,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "reading_route_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_route_point" (
    "route_id" UUID NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "reading_route_point_pkey" PRIMARY KEY ("route_id","metering_point_id")
);

-- CreateTable
CREATE TABLE "reading_task" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID NOT NULL,
    "route_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "due_on" DATE NOT NULL,
    "assignee_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID,

    CONSTRAINT "reading_task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_task_point" (
    "task_id" UUID NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "entry_id" UUID,

    CONSTRAINT "reading_task_point_pkey" PRIMARY KEY ("task_id","metering_point_id")
);

-- CreateTable
CREATE TABLE "reading_entry" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "task_id" UUID NOT NULL,
    "metering_point_id" UUID NOT NULL,
    "reader_id" UUID NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "clock_offset_ms" BIGINT NOT NULL,
    "serial" TEXT NOT NULL,
    "index" DECIMAL(20,9),
    "unreadable" TEXT,
    "note" TEXT,
    "kept" BOOLEAN NOT NULL,
    "photo_sha256" TEXT,
    "photo_media_type" TEXT,
    "outcome" TEXT NOT NULL,
    "conflict" TEXT,
    "settled_by" UUID,
    "settled_at" TIMESTAMPTZ(3),
    "settled_note" TEXT,

    CONSTRAINT "reading_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_photo" (
    "sha256" TEXT NOT NULL,
    "reader_id" UUID NOT NULL,
    "media_type" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reading_photo_pkey" PRIMARY KEY ("sha256","reader_id")
);

-- CreateTable
CREATE TABLE "saved_view" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "resource" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "shared" BOOLEAN NOT NULL,
    "list" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "saved_view_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dictionary" (
    "code" TEXT NOT NULL,
    "zh" TEXT NOT NULL,
    "en" TEXT NOT NULL,
    "built_in" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "dictionary_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "dictionary_entry" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "dictionary_code" TEXT NOT NULL,
    "project_id" UUID,
    "code" TEXT NOT NULL,
    "zh" TEXT NOT NULL,
    "en" TEXT NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "active" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "dictionary_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "custom_field" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "version" INTEGER NOT NULL DEFAULT 1,
    "resource" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "label" JSONB NOT NULL,
    "required" BOOLEAN NOT NULL DEFAULT false,
    "in_list" BOOLEAN NOT NULL DEFAULT false,
    "options" JSONB NOT NULL DEFAULT '[]',
    "dictionary" TEXT,
    "position" INTEGER NOT NULL DEFAULT 0,
    "active" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "custom_field_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "record_import" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "resource" TEXT NOT NULL,
    "project_id" UUID,
    "file_name" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'uploaded',
    "columns" JSONB NOT NULL,
    "plan" JSONB NOT NULL,
    "language" TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    "progress" INTEGER NOT NULL DEFAULT 0,
    "bad" INTEGER NOT NULL DEFAULT 0,
    "created" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" UUID NOT NULL,
    "creator" TEXT NOT NULL,
    "begun_by" UUID,
    "key_id" UUID,
    "touched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "record_import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "record_import_row" (
    "import_id" UUID NOT NULL,
    "row" INTEGER NOT NULL,
    "cells" TEXT[],
    "values" JSONB,
    "fate" TEXT,
    "record_id" UUID,
    "version" INTEGER,
    "before" JSONB,
    "faults" JSONB,

    CONSTRAINT "record_import_row_pkey" PRIMARY KEY ("import_id","row")
);

-- CreateTable
CREATE TABLE "reminder_rule" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "project_id" UUID,
    "source" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "steps_days" INTEGER[],
    "repeat_days" INTEGER,
    "conditions" JSONB NOT NULL DEFAULT '{}',
    "recipients" JSONB NOT NULL,
    "escalate_days" INTEGER,
    "escalate_to" JSONB NOT NULL DEFAULT '[]',
    "channels" TEXT[],
    "priority" TEXT NOT NULL DEFAULT 'normal',
    "builtin" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" UUID,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "reminder_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reminder" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "rule_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "record_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "link" TEXT,
    "due_on" DATE NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "snoozed_until" DATE,
    "note" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "escalated_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "closed_by_id" UUID,
    "closed_by" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "reminder_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reminder_person" (
    "reminder_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "escalated" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "reminder_person_pkey" PRIMARY KEY ("reminder_id","user_id")
);

-- CreateTable
CREATE TABLE "reminder_firing" (
    "reminder_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "fired_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reminder_firing_pkey" PRIMARY KEY ("reminder_id","step","user_id")
);

-- CreateTable
CREATE TABLE "reminder_run" (
    "project_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "opened" INTEGER NOT NULL,

    CONSTRAINT "reminder_run_pkey" PRIMARY KEY ("project_id")
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
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "sealed" BYTEA,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" TEXT NOT NULL,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key","place")
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
    "archive_id" UUID,
    "payload_sha256" BYTEA,
    "payload_bytes" INTEGER,

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

-- CreateTable
CREATE TABLE "process_definition" (
    "key" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "name_zh" TEXT NOT NULL,
    "name_en" TEXT NOT NULL,
    "draft" JSONB,
    "version" INTEGER,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "retired_at" TIMESTAMPTZ(3),
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_by" TEXT NOT NULL,

    CONSTRAINT "process_definition_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "process_version" (
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "fields" JSONB NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "published_by" TEXT NOT NULL,

    CONSTRAINT "process_version_pkey" PRIMARY KEY ("key","version")
);

-- CreateTable
CREATE TABLE "process" (
    "id" UUID NOT NULL,
    "project_id" UUID,
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "starter_id" UUID NOT NULL,
    "starter" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "outcome" TEXT,
    "step" TEXT NOT NULL,
    "snapshot" JSONB NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_event" (
    "id" BIGSERIAL NOT NULL,
    "process_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "step" TEXT,
    "by_id" UUID,
    "by" TEXT,
    "behalf_of_id" UUID,
    "behalf_of" TEXT,
    "outcome" TEXT,
    "comment" TEXT,
    "people" UUID[],
    "attachments" JSONB NOT NULL DEFAULT '[]',
    "fields" JSONB,
    "command_id" UUID,

    CONSTRAINT "process_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_task" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "process_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "seat" INTEGER NOT NULL,
    "escalated" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'open',
    "outcome" TEXT,
    "by_id" UUID,
    "by" TEXT,
    "behalf_of" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process_task_holder" (
    "task_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,

    CONSTRAINT "process_task_holder_pkey" PRIMARY KEY ("task_id","user_id")
);

-- CreateTable
CREATE TABLE "process_timer" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "process_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "round" INTEGER NOT NULL,
    "deadline" INTEGER NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "process_timer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "task_delegation" (
    "id" UUID NOT NULL,
    "from_id" UUID NOT NULL,
    "to_id" UUID NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "until_at" TIMESTAMPTZ(3) NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "task_delegation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "call_log_agent_id_at_idx" ON "call_log"("agent_id", "at" DESC);

-- CreateIndex
CREATE INDEX "call_log_project_id_at_idx" ON "call_log"("project_id", "at" DESC);

-- CreateIndex
CREATE INDEX "call_log_party_id_idx" ON "call_log"("party_id");

-- CreateIndex
CREATE UNIQUE INDEX "agent_extension_user_id_key" ON "agent_extension"("user_id");

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
CREATE INDEX "zone_generation_id_idx" ON "zone"("generation_id");

-- CreateIndex
CREATE UNIQUE INDEX "zone_project_id_code_key" ON "zone"("project_id", "code");

-- CreateIndex
CREATE INDEX "building_zone_id_idx" ON "building"("zone_id");

-- CreateIndex
CREATE INDEX "building_generation_id_idx" ON "building"("generation_id");

-- CreateIndex
CREATE UNIQUE INDEX "building_project_id_code_key" ON "building"("project_id", "code");

-- CreateIndex
CREATE INDEX "unit_project_id_idx" ON "unit"("project_id");

-- CreateIndex
CREATE INDEX "unit_generation_id_idx" ON "unit"("generation_id");

-- CreateIndex
CREATE UNIQUE INDEX "unit_building_id_code_key" ON "unit"("building_id", "code");

-- CreateIndex
CREATE INDEX "room_unit_id_idx" ON "room"("unit_id");

-- CreateIndex
CREATE INDEX "room_generation_id_idx" ON "room"("generation_id");

-- CreateIndex
CREATE UNIQUE INDEX "room_building_id_code_key" ON "room"("building_id", "code");

-- CreateIndex
CREATE INDEX "room_generation_project_id_created_at_idx" ON "room_generation"("project_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "floor_plan_building_id_floor_key" ON "floor_plan"("building_id", "floor");

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
CREATE INDEX "stored_file_check_due_idx" ON "stored_file"("check_due");

-- CreateIndex
CREATE INDEX "attachment_record_id_idx" ON "attachment"("record_id");

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
CREATE INDEX "handover_batch_project_id_created_at_idx" ON "handover_batch"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "handover_batch_id_state_idx" ON "handover"("batch_id", "state");

-- CreateIndex
CREATE INDEX "handover_room_id_idx" ON "handover"("room_id");

-- CreateIndex
CREATE UNIQUE INDEX "handover_item_handover_id_position_key" ON "handover_item"("handover_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "defect_item_id_key" ON "defect"("item_id");

-- CreateIndex
CREATE INDEX "defect_project_id_state_created_at_idx" ON "defect"("project_id", "state", "created_at");

-- CreateIndex
CREATE INDEX "defect_room_id_idx" ON "defect"("room_id");

-- CreateIndex
CREATE INDEX "defect_handover_id_idx" ON "defect"("handover_id");

-- CreateIndex
CREATE INDEX "owner_change_room_id_at_idx" ON "owner_change"("room_id", "at");

-- CreateIndex
CREATE INDEX "owner_change_project_id_created_at_idx" ON "owner_change"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "fit_out_permit_room_id_idx" ON "fit_out_permit"("room_id");

-- CreateIndex
CREATE INDEX "fit_out_permit_project_id_state_idx" ON "fit_out_permit"("project_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "fit_out_permit_project_id_number_key" ON "fit_out_permit"("project_id", "number");

-- CreateIndex
CREATE INDEX "fit_out_inspection_permit_id_at_idx" ON "fit_out_inspection"("permit_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "fit_out_pass_code_key" ON "fit_out_pass"("code");

-- CreateIndex
CREATE INDEX "fit_out_pass_permit_id_idx" ON "fit_out_pass"("permit_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_name_key" ON "api_key"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_prefix_key" ON "api_key"("prefix");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_secret_hash_key" ON "api_key"("secret_hash");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_previous_hash_key" ON "api_key"("previous_hash");

-- CreateIndex
CREATE INDEX "api_key_owner_id_idx" ON "api_key"("owner_id");

-- CreateIndex
CREATE INDEX "webhook_owner_id_idx" ON "webhook"("owner_id");

-- CreateIndex
CREATE INDEX "webhook_event_at_idx" ON "webhook_event"("at");

-- CreateIndex
CREATE INDEX "webhook_delivery_webhook_id_created_at_id_idx" ON "webhook_delivery"("webhook_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "webhook_delivery_event_id_idx" ON "webhook_delivery"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_delivery_webhook_id_event_id_key" ON "webhook_delivery"("webhook_id", "event_id");

-- CreateIndex
CREATE INDEX "webhook_attempt_delivery_id_idx" ON "webhook_attempt"("delivery_id");

-- CreateIndex
CREATE INDEX "sign_in_user_id_id_idx" ON "sign_in"("user_id", "id" DESC);

-- CreateIndex
CREATE INDEX "sign_in_at_idx" ON "sign_in"("at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "lost_item_project_id_number_key" ON "lost_item"("project_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "message_dedupe_key_key" ON "message"("dedupe_key");

-- CreateIndex
CREATE INDEX "message_project_id_created_at_id_idx" ON "message"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "message_created_at_id_idx" ON "message"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "message_delivery_message_id_idx" ON "message_delivery"("message_id");

-- CreateIndex
CREATE INDEX "message_delivery_channel_tried_at_idx" ON "message_delivery"("channel", "tried_at");

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
CREATE UNIQUE INDEX "backup_name_key" ON "backup"("name");

-- CreateIndex
CREATE INDEX "backup_requested_at_idx" ON "backup"("requested_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "telemetry_archive_file_key" ON "telemetry_archive"("file");

-- CreateIndex
CREATE INDEX "telemetry_archive_project_id_day_kind_idx" ON "telemetry_archive"("project_id", "day", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "company_code_key" ON "company"("code");

-- CreateIndex
CREATE INDEX "department_company_id_idx" ON "department"("company_id");

-- CreateIndex
CREATE INDEX "department_parent_id_idx" ON "department"("parent_id");

-- CreateIndex
CREATE INDEX "post_department_id_idx" ON "post"("department_id");

-- CreateIndex
CREATE UNIQUE INDEX "role_code_key" ON "role"("code");

-- CreateIndex
CREATE INDEX "role_assignment_user_id_idx" ON "role_assignment"("user_id");

-- CreateIndex
CREATE INDEX "role_assignment_role_id_idx" ON "role_assignment"("role_id");

-- CreateIndex
CREATE INDEX "party_role_room_id_from_at_idx" ON "party_role"("room_id", "from_at");

-- CreateIndex
CREATE INDEX "party_role_party_id_idx" ON "party_role"("party_id");

-- CreateIndex
CREATE INDEX "party_role_building_id_party_id_idx" ON "party_role"("building_id", "party_id");

-- CreateIndex
CREATE INDEX "household_payer_household_id_idx" ON "household_payer"("household_id");

-- CreateIndex
CREATE INDEX "household_payer_party_id_idx" ON "household_payer"("party_id");

-- CreateIndex
CREATE INDEX "vehicle_owner_id_idx" ON "vehicle"("owner_id");

-- CreateIndex
CREATE INDEX "vehicle_parking_room_id_idx" ON "vehicle"("parking_room_id");

-- CreateIndex
CREATE INDEX "key_holding_room_id_idx" ON "key_holding"("room_id");

-- CreateIndex
CREATE INDEX "household_note_household_id_created_at_idx" ON "household_note"("household_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "app_user_username_key" ON "app_user"("username");

-- CreateIndex
CREATE INDEX "app_user_department_id_idx" ON "app_user"("department_id");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE INDEX "session_acting_as_id_idx" ON "session"("acting_as_id");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- CreateIndex
CREATE INDEX "audit_entry_at_idx" ON "audit_entry"("at" DESC);

-- CreateIndex
CREATE INDEX "audit_entry_entity_entity_id_idx" ON "audit_entry"("entity", "entity_id");

-- CreateIndex
CREATE INDEX "portal_session_phone_idx" ON "portal_session"("phone");

-- CreateIndex
CREATE INDEX "portal_session_expires_at_idx" ON "portal_session"("expires_at");

-- CreateIndex
CREATE INDEX "portal_code_phone_created_at_idx" ON "portal_code"("phone", "created_at");

-- CreateIndex
CREATE INDEX "portal_code_ip_created_at_idx" ON "portal_code"("ip", "created_at");

-- CreateIndex
CREATE INDEX "portal_code_created_at_idx" ON "portal_code"("created_at");

-- CreateIndex
CREATE INDEX "portal_family_party_role_id_idx" ON "portal_family"("party_role_id");

-- CreateIndex
CREATE INDEX "portal_family_phone_idx" ON "portal_family"("phone");

-- CreateIndex
CREATE INDEX "announcement_project_id_shown_from_idx" ON "announcement"("project_id", "shown_from" DESC);

-- CreateIndex
CREATE INDEX "office_contact_project_id_idx" ON "office_contact"("project_id");

-- CreateIndex
CREATE INDEX "reading_route_project_id_idx" ON "reading_route"("project_id");

-- CreateIndex
CREATE INDEX "reading_route_point_metering_point_id_idx" ON "reading_route_point"("metering_point_id");

-- CreateIndex
CREATE INDEX "reading_task_assignee_id_idx" ON "reading_task"("assignee_id");

-- CreateIndex
CREATE INDEX "reading_task_project_id_month_idx" ON "reading_task"("project_id", "month");

-- CreateIndex
CREATE UNIQUE INDEX "reading_task_route_id_month_key" ON "reading_task"("route_id", "month");

-- CreateIndex
CREATE INDEX "reading_task_point_metering_point_id_idx" ON "reading_task_point"("metering_point_id");

-- CreateIndex
CREATE INDEX "reading_entry_task_id_metering_point_id_idx" ON "reading_entry"("task_id", "metering_point_id");

-- CreateIndex
CREATE INDEX "saved_view_resource_idx" ON "saved_view"("resource");

-- CreateIndex
CREATE UNIQUE INDEX "saved_view_user_id_resource_name_key" ON "saved_view"("user_id", "resource", "name");

-- CreateIndex
CREATE UNIQUE INDEX "custom_field_resource_key_key" ON "custom_field"("resource", "key");

-- CreateIndex
CREATE INDEX "record_import_resource_created_at_idx" ON "record_import"("resource", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "reminder_rule_builtin_key" ON "reminder_rule"("builtin");

-- CreateIndex
CREATE INDEX "reminder_rule_source_idx" ON "reminder_rule"("source");

-- CreateIndex
CREATE INDEX "reminder_project_id_state_due_on_idx" ON "reminder"("project_id", "state", "due_on");

-- CreateIndex
CREATE UNIQUE INDEX "reminder_rule_id_record_id_due_on_key" ON "reminder"("rule_id", "record_id", "due_on");

-- CreateIndex
CREATE INDEX "reminder_person_user_id_idx" ON "reminder_person"("user_id");

-- CreateIndex
CREATE INDEX "issued_certificate_subject_issued_at_idx" ON "issued_certificate"("subject", "issued_at");

-- CreateIndex
CREATE UNIQUE INDEX "reading_batch_gateway_id_outbox_sequence_key" ON "reading_batch"("gateway_id", "outbox", "sequence");

-- CreateIndex
CREATE INDEX "quarantine_entry_state_received_at_idx" ON "quarantine_entry"("state", "received_at" DESC);

-- CreateIndex
CREATE INDEX "lost_readings_gateway_id_to_at_idx" ON "lost_readings"("gateway_id", "to_at");

-- CreateIndex
CREATE INDEX "process_started_at_id_idx" ON "process"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "process_project_id_started_at_id_idx" ON "process"("project_id", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "process_starter_id_started_at_idx" ON "process"("starter_id", "started_at" DESC);

-- CreateIndex
CREATE INDEX "process_subject_kind_subject_id_idx" ON "process"("subject_kind", "subject_id");

-- CreateIndex
CREATE INDEX "process_key_version_idx" ON "process"("key", "version");

-- CreateIndex
CREATE INDEX "process_event_process_id_id_idx" ON "process_event"("process_id", "id");

-- CreateIndex
CREATE INDEX "process_task_by_id_decided_at_idx" ON "process_task"("by_id", "decided_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "process_task_process_id_round_seat_key" ON "process_task"("process_id", "round", "seat");

-- CreateIndex
CREATE INDEX "process_task_holder_user_id_idx" ON "process_task_holder"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "process_timer_process_id_round_deadline_key" ON "process_timer"("process_id", "round", "deadline");

-- CreateIndex
CREATE INDEX "task_delegation_from_id_until_at_idx" ON "task_delegation"("from_id", "until_at");

-- CreateIndex
CREATE INDEX "task_delegation_to_id_until_at_idx" ON "task_delegation"("to_id", "until_at");

-- AddForeignKey
ALTER TABLE "tariff_version" ADD CONSTRAINT "tariff_version_tariff_id_fkey" FOREIGN KEY ("tariff_id") REFERENCES "tariff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "command_step" ADD CONSTRAINT "command_step_command_id_fkey" FOREIGN KEY ("command_id") REFERENCES "command"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "zone" ADD CONSTRAINT "zone_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "building" ADD CONSTRAINT "building_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "building" ADD CONSTRAINT "building_zone_id_fkey" FOREIGN KEY ("zone_id") REFERENCES "zone"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "unit" ADD CONSTRAINT "unit_building_id_fkey" FOREIGN KEY ("building_id") REFERENCES "building"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room" ADD CONSTRAINT "room_building_id_fkey" FOREIGN KEY ("building_id") REFERENCES "building"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room" ADD CONSTRAINT "room_unit_id_fkey" FOREIGN KEY ("unit_id") REFERENCES "unit"("id") ON DELETE SET NULL ON UPDATE CASCADE;

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
ALTER TABLE "handover" ADD CONSTRAINT "handover_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "handover_batch"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "handover_item" ADD CONSTRAINT "handover_item_handover_id_fkey" FOREIGN KEY ("handover_id") REFERENCES "handover"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fit_out_inspection" ADD CONSTRAINT "fit_out_inspection_permit_id_fkey" FOREIGN KEY ("permit_id") REFERENCES "fit_out_permit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fit_out_pass" ADD CONSTRAINT "fit_out_pass_permit_id_fkey" FOREIGN KEY ("permit_id") REFERENCES "fit_out_permit"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhook"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "webhook_event"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_attempt" ADD CONSTRAINT "webhook_attempt_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "webhook_delivery"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_delivery" ADD CONSTRAINT "message_delivery_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "message"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "meter_feed" ADD CONSTRAINT "meter_feed_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "installation" ADD CONSTRAINT "installation_metering_point_id_fkey" FOREIGN KEY ("metering_point_id") REFERENCES "metering_point"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "installation" ADD CONSTRAINT "installation_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "manual_read" ADD CONSTRAINT "manual_read_meter_id_fkey" FOREIGN KEY ("meter_id") REFERENCES "meter"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "department" ADD CONSTRAINT "department_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "department" ADD CONSTRAINT "department_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "department"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "post" ADD CONSTRAINT "post_department_id_fkey" FOREIGN KEY ("department_id") REFERENCES "department"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "role"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "party_role" ADD CONSTRAINT "party_role_party_id_fkey" FOREIGN KEY ("party_id") REFERENCES "party"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_department_id_fkey" FOREIGN KEY ("department_id") REFERENCES "department"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "app_user" ADD CONSTRAINT "app_user_post_id_fkey" FOREIGN KEY ("post_id") REFERENCES "post"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reading_route_point" ADD CONSTRAINT "reading_route_point_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "reading_route"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reading_task" ADD CONSTRAINT "reading_task_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "reading_route"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reading_task_point" ADD CONSTRAINT "reading_task_point_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "reading_task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reading_entry" ADD CONSTRAINT "reading_entry_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "reading_task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dictionary_entry" ADD CONSTRAINT "dictionary_entry_dictionary_code_fkey" FOREIGN KEY ("dictionary_code") REFERENCES "dictionary"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "record_import_row" ADD CONSTRAINT "record_import_row_import_id_fkey" FOREIGN KEY ("import_id") REFERENCES "record_import"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reminder" ADD CONSTRAINT "reminder_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "reminder_rule"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reminder_person" ADD CONSTRAINT "reminder_person_reminder_id_fkey" FOREIGN KEY ("reminder_id") REFERENCES "reminder"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reminder_firing" ADD CONSTRAINT "reminder_firing_reminder_id_fkey" FOREIGN KEY ("reminder_id") REFERENCES "reminder"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_version" ADD CONSTRAINT "process_version_key_fkey" FOREIGN KEY ("key") REFERENCES "process_definition"("key") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process" ADD CONSTRAINT "process_key_version_fkey" FOREIGN KEY ("key", "version") REFERENCES "process_version"("key", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_event" ADD CONSTRAINT "process_event_process_id_fkey" FOREIGN KEY ("process_id") REFERENCES "process"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_task" ADD CONSTRAINT "process_task_process_id_fkey" FOREIGN KEY ("process_id") REFERENCES "process"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_task_holder" ADD CONSTRAINT "process_task_holder_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "process_task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "process_timer" ADD CONSTRAINT "process_timer_process_id_fkey" FOREIGN KEY ("process_id") REFERENCES "process"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

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

-- prisma/sql/calls.sql
ALTER TABLE call_log ADD CONSTRAINT call_log_direction CHECK (direction IN ('inbound', 'outbound'));

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

ALTER TABLE building ADD CONSTRAINT building_kind CHECK (
  kind IN ('residential', 'commercial', 'mixed', 'parking', 'other'));
ALTER TABLE room ADD CONSTRAINT room_kind CHECK (
  kind IN ('flat', 'shop', 'office', 'common', 'basement', 'storage', 'advertising', 'parking'));
ALTER TABLE room ADD CONSTRAINT room_states CHECK (
  delivery_state IN ('unsold', 'toHandOver', 'handedOver')
  AND decoration_state IN ('bare', 'decorating', 'decorated')
  AND rent_state IN ('none', 'vacant', 'let'));
ALTER TABLE room ADD CONSTRAINT room_floor CHECK (floor <> 0);

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

-- prisma/sql/files.sql
-- A file goes when nothing refers to it any more: every column that names one says so here, and is indexed for that.
ALTER TABLE attachment
  ADD CONSTRAINT attachment_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_small FOREIGN KEY (small_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_medium FOREIGN KEY (medium_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_uploader FOREIGN KEY (uploaded_by) REFERENCES app_user (id),
  ADD CONSTRAINT attachment_record CHECK (
    (record_id IS NULL) = (resource IS NULL) AND (record_id IS NULL) = (field IS NULL)
    AND (released_at IS NULL OR record_id IS NOT NULL));
CREATE INDEX attachment_file_hash ON attachment (file_hash);
CREATE INDEX attachment_small_hash ON attachment (small_hash);
CREATE INDEX attachment_medium_hash ON attachment (medium_hash);
CREATE INDEX attachment_waiting ON attachment (uploaded_by, uploaded_at) WHERE record_id IS NULL;
CREATE INDEX attachment_released ON attachment (released_at) WHERE released_at IS NOT NULL;

ALTER TABLE floor_plan ADD CONSTRAINT floor_plan_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash);
CREATE INDEX floor_plan_file_hash ON floor_plan (file_hash);
ALTER TABLE handover_item ADD CONSTRAINT handover_item_photo FOREIGN KEY (photo_hash) REFERENCES stored_file (hash);
CREATE INDEX handover_item_photo_hash ON handover_item (photo_hash) WHERE photo_hash IS NOT NULL;
ALTER TABLE manual_read ADD CONSTRAINT manual_read_photo FOREIGN KEY (photo_sha256) REFERENCES stored_file (hash);
CREATE INDEX manual_read_photo_sha256 ON manual_read (photo_sha256) WHERE photo_sha256 IS NOT NULL;
ALTER TABLE reading_photo ADD CONSTRAINT reading_photo_file FOREIGN KEY (sha256) REFERENCES stored_file (hash);
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_photo FOREIGN KEY (photo_sha256) REFERENCES stored_file (hash);
CREATE INDEX reading_entry_photo_sha256 ON reading_entry (photo_sha256) WHERE photo_sha256 IS NOT NULL;
ALTER TABLE print_picture ADD CONSTRAINT print_picture_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash);

-- prisma/sql/fleet.sql
-- One configuration at a time is on its way to a gateway, and one runs
CREATE UNIQUE INDEX gateway_config_pending ON gateway_config (gateway_id) WHERE state = 'pending';
CREATE UNIQUE INDEX gateway_config_running ON gateway_config (gateway_id) WHERE state = 'running';
ALTER TABLE gateway_config ADD CONSTRAINT gateway_config_state
  CHECK (state IN ('draft', 'pending', 'running', 'refused', 'rolledBack', 'superseded'));

-- prisma/sql/handover.sql
ALTER TABLE handover ADD CONSTRAINT handover_state CHECK (
  state IN ('planned', 'notified', 'appointed', 'inspecting', 'completed', 'cancelled'));
-- A room is being handed over once at a time
CREATE UNIQUE INDEX handover_open ON handover (room_id) WHERE state NOT IN ('completed', 'cancelled');
ALTER TABLE handover ADD CONSTRAINT handover_room FOREIGN KEY (room_id) REFERENCES room (id);
ALTER TABLE handover_item ADD CONSTRAINT handover_item_result CHECK (result IN ('ok', 'defect'));

ALTER TABLE defect ADD CONSTRAINT defect_state CHECK (state IN ('open', 'fixing', 'fixed', 'accepted', 'waived'));
ALTER TABLE defect ADD CONSTRAINT defect_room FOREIGN KEY (room_id) REFERENCES room (id);

ALTER TABLE owner_change ADD CONSTRAINT owner_change_settlement CHECK (
  settlement IN ('nothingDue', 'staysWithSeller', 'takenOver'));
CREATE UNIQUE INDEX owner_change_once ON owner_change (room_id, at);

ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_state CHECK (
  state IN ('submitted', 'approved', 'rejected', 'working', 'finished', 'closed', 'cancelled'));
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_deposit CHECK (
  deposit_state IN ('none', 'due', 'held', 'refunded', 'kept') AND deposit_amount >= 0
  AND (refunded_amount IS NULL OR refunded_amount BETWEEN 0 AND deposit_amount));
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_days CHECK (ends_on >= starts_on);
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_room FOREIGN KEY (room_id) REFERENCES room (id);
ALTER TABLE fit_out_inspection ADD CONSTRAINT fit_out_inspection_result CHECK (result IN ('ok', 'defect'));

-- prisma/sql/integrations.sql
alter table api_key
  add constraint api_key_place check (not all_projects or (project_ids = '{}' and building_ids = '{}')),
  add constraint api_key_per_minute check (per_minute > 0),
  add constraint api_key_previous check ((previous_hash is null) = (previous_until is null));

alter table webhook
  add constraint webhook_place check (not all_projects or project_ids = '{}'),
  add constraint webhook_previous check ((previous_secret_sealed is null) = (previous_secret_until is null));
alter table webhook_delivery
  add constraint webhook_delivery_state check (state in ('queued', 'failed', 'delivered', 'dead'));

-- What is looked at every second: only what is not done.
create index webhook_delivery_due on webhook_delivery (webhook_id, next_at, id) where state in ('queued', 'failed');

-- What happened stays as it was told.
create trigger webhook_event_as_written before update on webhook_event
  for each row execute function refuse_change();
create trigger webhook_attempt_as_written before update on webhook_attempt
  for each row execute function refuse_change();

-- prisma/sql/logs.sql
-- What happened stays as it was written down.
create trigger sign_in_append_only before update or delete on sign_in
  for each row execute function refuse_change();
create trigger sign_in_no_truncate before truncate on sign_in execute function refuse_change();
alter table sign_in
  add constraint sign_in_one_name check (num_nonnulls(user_id, unknown_name, phone) = 1),
  add constraint sign_in_face check (case face when 'staff' then phone is null and project_ids = '{}'
    when 'portal' then user_id is null else false end),
  add constraint sign_in_reason check (reason in ('unknownName', 'wrongPassword', 'wrongCode', 'locked', 'disabled'));
create index sign_in_refused on sign_in (id desc) where reason is not null;
create index sign_in_portal on sign_in (id desc) where face = 'portal';

-- The operation log is read newest first, narrowed to a person, a kind of thing or a project.
create index audit_entry_actor_id on audit_entry (actor, id desc);
create index audit_entry_entity_id_desc on audit_entry (entity, id desc);
create index audit_entry_project_id_desc on audit_entry (project_id, id desc);

-- prisma/sql/messages.sql
-- What is looked at every few seconds: only what is not done.
create index message_delivery_due on message_delivery (channel, rank desc, next_at, id)
  where state in ('queued', 'failed');
-- The bell and the message centre.
create index message_delivery_inbox on message_delivery (user_id, created_at desc, id desc) where channel = 'inApp';
create index message_delivery_unread on message_delivery (user_id) where channel = 'inApp' and read_at is null;
create index message_delivery_party on message_delivery (party_id, created_at desc) where party_id is not null;
create index message_delivery_dead on message_delivery (created_at desc) where state in ('dead', 'failed');
create index message_delivery_provider on message_delivery (channel, provider_id) where provider_id is not null;

alter table message
  add constraint message_priority check (priority in ('low', 'normal', 'urgent'));
alter table message_delivery
  add constraint message_delivery_state check (state in ('queued', 'failed', 'sent', 'delivered', 'dead')),
  add constraint message_delivery_channel check (channel in ('inApp', 'email', 'sms', 'wechat', 'voice')),
  add constraint message_delivery_address check (channel = 'inApp' or state = 'dead' or address is not null),
  add constraint message_delivery_one_person check (user_id is null or party_id is null);
alter table message_preference
  add constraint message_preference_quiet check ((quiet_from is null) = (quiet_to is null)),
  add constraint message_preference_language check (language in ('zh', 'en'));

-- What was told stays as it was told; versions of texts are written once.
create trigger message_append_only before update or delete on message
  for each row execute function refuse_change();
create trigger message_template_version_append_only before update or delete on message_template_version
  for each row execute function refuse_change();
create trigger message_delivery_as_written before update of id, message_id, channel, user_id, party_id, subject,
  created_at on message_delivery for each row execute function refuse_change();

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

-- prisma/sql/operations.sql
-- Two who press the button at once make one backup; a slot of the schedule is served once, unless it failed.
create unique index backup_one_at_a_time on backup ((true)) where state in ('waiting', 'running');
create unique index backup_slot_once on backup (slot) where slot is not null and state <> 'failed';
alter table backup add constraint backup_state check (state in ('waiting', 'running', 'done', 'failed'));
alter table backup add constraint backup_check_state check (check_state in ('waiting', 'good', 'bad'));
alter table telemetry_archive add constraint telemetry_archive_kind check (kind in ('readings', 'batches'));
alter table telemetry_archive add constraint telemetry_archive_state
  check (state in ('archived', 'restored', 'superseded'));

-- prisma/sql/organisation.sql
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_records_check" CHECK ("records" IN ('all', 'department', 'own'));
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_place_check"
  CHECK (NOT "all_projects" OR cardinality("project_ids" || "building_ids") = 0);
ALTER TABLE "department" ADD CONSTRAINT "department_parent_check" CHECK ("parent_id" <> "id");

-- prisma/sql/parties.sql
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

-- prisma/sql/portal.sql
ALTER TABLE portal_family ADD CONSTRAINT portal_family_role
  FOREIGN KEY (party_role_id) REFERENCES party_role (id);
ALTER TABLE portal_family ADD CONSTRAINT portal_family_sees CHECK (sees_bills OR sees_energy);
-- Nobody is invited twice by the same person into the same room
CREATE UNIQUE INDEX portal_family_current ON portal_family (party_role_id, phone) WHERE ended_at IS NULL;

ALTER TABLE announcement ADD CONSTRAINT announcement_audience CHECK (
  (audience = 'all' AND building_id IS NULL) OR (audience = 'building' AND building_id IS NOT NULL));
ALTER TABLE announcement ADD CONSTRAINT announcement_period CHECK (shown_to IS NULL OR shown_to > shown_from);

-- prisma/sql/printing.sql
-- One of each version, also where there is no project
CREATE UNIQUE INDEX print_template_version_once ON print_template_version
  (kind, paper, language, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), version);

-- The same picture once at each place
CREATE UNIQUE INDEX print_picture_once ON print_picture
  (file_hash, coalesce(project_id, '00000000-0000-0000-0000-000000000000'));

-- prisma/sql/reading-rounds.sql
ALTER TABLE reading_route ADD CONSTRAINT reading_route_due_day CHECK (due_day BETWEEN 1 AND 28);
ALTER TABLE reading_task ADD CONSTRAINT reading_task_state CHECK (state IN ('open', 'cancelled'));
ALTER TABLE reading_task_point ADD CONSTRAINT reading_task_point_state CHECK (
  state IN ('open', 'read', 'unreadable', 'setAside') AND (state = 'open') = (entry_id IS NULL));
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_outcome CHECK (outcome IN ('stored', 'setAside', 'rejected'));
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_says_something CHECK ((index IS NULL) <> (unreadable IS NULL));
ALTER TABLE reading_route ADD CONSTRAINT reading_route_assignee FOREIGN KEY (assignee_id) REFERENCES app_user (id);
ALTER TABLE reading_task ADD CONSTRAINT reading_task_assignee FOREIGN KEY (assignee_id) REFERENCES app_user (id);
CREATE INDEX reading_entry_set_aside ON reading_entry (task_id) WHERE outcome = 'setAside';

-- prisma/sql/records.sql
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

-- prisma/sql/reminders.sql
create index reminder_open on reminder (state, snoozed_until) where state in ('open', 'snoozed');
alter table reminder
  add constraint reminder_state check (state in ('open', 'snoozed', 'handled', 'dismissed', 'over')),
  add constraint reminder_closed check ((state in ('open', 'snoozed')) = (closed_at is null)),
  add constraint reminder_snoozed check ((state = 'snoozed') = (snoozed_until is not null));
alter table reminder_rule
  add constraint reminder_rule_priority check (priority in ('low', 'normal', 'urgent'));
create trigger reminder_firing_append_only before update or delete on reminder_firing
  for each row execute function refuse_change();

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
-- Its bytes may be moved into an archive, and back; the fingerprint stays, and nothing else of it changes.
create function reading_batch_refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.id, new.gateway_id, new.outbox, new.sequence, new.received_at, new.readings, new.events, new.first_at,
        new.last_at, new.replay_of) is not distinct from (old.id, old.gateway_id, old.outbox, old.sequence,
        old.received_at, old.readings, old.events, old.first_at, old.last_at, old.replay_of) then
      if old.archive_id is null and length(new.payload) = 0 and new.payload_bytes = length(old.payload)
          and new.payload_sha256 = sha256(old.payload)
          and exists (select from telemetry_archive where id = new.archive_id and kind = 'batches') then
        return new;
      end if;
      if old.archive_id is not null and new.archive_id is null and new.payload_bytes is null
          and new.payload_sha256 is null and sha256(new.payload) = old.payload_sha256 then
        return new;
      end if;
    end if;
  end if;
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger reading_batch_append_only before update or delete on reading_batch
  for each row execute function reading_batch_refuse_change();
create trigger reading_batch_no_truncate before truncate on reading_batch execute function refuse_change();
create trigger lost_readings_append_only before update or delete on lost_readings
  for each row execute function refuse_change();
create trigger lost_readings_no_truncate before truncate on lost_readings execute function refuse_change();
create trigger quarantine_entry_stays before delete on quarantine_entry
  for each row execute function refuse_change();
create trigger quarantine_entry_no_truncate before truncate on quarantine_entry execute function refuse_change();
create trigger quarantine_entry_as_it_came before update of payload, payload_hash, gateway_id, project_id, topic,
  batch_id, point, device, received_at on quarantine_entry for each row execute function refuse_change();

-- prisma/sql/workflow.sql
-- A subject has one running process at most, however often the button is pressed.
create unique index process_one_running on process (subject_kind, subject_id) where state = 'running';
create index process_about on process (subject_kind, subject_id, started_at);

-- A command counts once per process.
create unique index process_event_command on process_event (process_id, command_id) where command_id is not null;

-- What is looked through every minute: only what is not done.
create index process_timer_open on process_timer (due_at) where done_at is null;
create index process_task_open on process_task (process_id) where state = 'open';
create index process_running on process (key, version) where state = 'running';

alter table process
  add constraint process_over check ((state = 'running') = (finished_at is null)),
  add constraint process_outcome check ((state = 'finished') = (outcome is not null));
alter table process_task
  add constraint process_task_decided check ((state = 'decided') = (decided_at is not null));
alter table task_delegation add constraint task_delegation_other check (from_id <> to_id);

-- Versions and history are written once.
create trigger process_version_append_only before update or delete on process_version
  for each row execute function refuse_change();
create trigger process_event_append_only before update or delete on process_event
  for each row execute function refuse_change();
create trigger process_event_no_truncate before truncate on process_event execute function refuse_change();
create trigger process_stays before delete on process for each row execute function refuse_change();
create trigger process_as_started before update of id, project_id, key, version, subject_kind, subject_id,
  starter_id, started_at on process for each row execute function refuse_change();

-- resource announcement
CREATE INDEX "announcement_by_shown_from_idx" ON "announcement" ("project_id", "shown_from", "id");
CREATE INDEX "announcement_search_idx" ON "announcement" USING gin (search_grams(coalesce("title", '') || chr(10) || coalesce("text", '') || chr(10) || custom_text("custom")));

-- resource building
CREATE INDEX "building_by_code_idx" ON "building" ("project_id", "code", "id");
CREATE INDEX "building_search_idx" ON "building" USING gin (search_grams(coalesce("code", '') || chr(10) || coalesce("name", '') || chr(10) || custom_text("custom")));

-- resource call
CREATE INDEX "call_log_by_at_idx" ON "call_log" ("project_id", "at", "id");
CREATE INDEX "call_log_search_idx" ON "call_log" USING gin (search_grams(coalesce("phone", '') || chr(10) || coalesce("note", '') || chr(10) || custom_text("custom")));

-- resource defect
CREATE INDEX "defect_by_created_at_idx" ON "defect" ("project_id", "created_at", "id");
CREATE INDEX "defect_search_idx" ON "defect" USING gin (search_grams(coalesce("title", '') || chr(10) || custom_text("custom")));

-- resource fitOutPermit
CREATE INDEX "fit_out_permit_by_starts_on_idx" ON "fit_out_permit" ("project_id", "starts_on", "id");
CREATE INDEX "fit_out_permit_search_idx" ON "fit_out_permit" USING gin (search_grams(coalesce("number", '') || chr(10) || coalesce("company", '') || chr(10) || custom_text("custom")));

-- resource household
CREATE INDEX "household_by_account_number_idx" ON "household" ("project_id", "account_number", "id");
CREATE INDEX "household_by_name_idx" ON "household" ("project_id", "name", "id");
CREATE INDEX "household_search_idx" ON "household" USING gin (search_grams(coalesce("account_number", '') || chr(10) || coalesce("name", '') || chr(10) || custom_text("custom")));

-- resource lostItem
CREATE INDEX "lost_item_by_found_at_idx" ON "lost_item" ("project_id", "found_at", "id");
CREATE INDEX "lost_item_search_idx" ON "lost_item" USING gin (search_grams(coalesce("number", '') || chr(10) || coalesce("title", '') || chr(10) || coalesce("description", '') || chr(10) || coalesce("place_text", '') || chr(10) || coalesce("finder", '') || chr(10) || coalesce("claimant_name", '') || chr(10) || coalesce("claimant_phone", '') || chr(10) || custom_text("custom")));

-- resource officeContact
CREATE INDEX "office_contact_by_name_idx" ON "office_contact" ("project_id", "name", "id");
CREATE INDEX "office_contact_search_idx" ON "office_contact" USING gin (search_grams(coalesce("name", '') || chr(10) || custom_text("custom")));

-- resource party
CREATE INDEX "party_by_name_idx" ON "party" ("project_id", "name", "id");
CREATE INDEX "party_search_idx" ON "party" USING gin (search_grams(coalesce("name", '') || chr(10) || coalesce("phone", '') || chr(10) || coalesce("second_phone", '') || chr(10) || custom_text("custom")));

-- resource partyRole
CREATE INDEX "party_role_by_from_at_idx" ON "party_role" ("project_id", "from_at", "id");

-- resource room
CREATE INDEX "room_by_code_idx" ON "room" ("project_id", "code", "id");
CREATE INDEX "room_by_floor_idx" ON "room" ("project_id", "floor", "id");
CREATE INDEX "room_search_idx" ON "room" USING gin (search_grams(coalesce("code", '') || chr(10) || custom_text("custom")));

-- resource unit
CREATE INDEX "unit_by_code_idx" ON "unit" ("project_id", "code", "id");
CREATE INDEX "unit_search_idx" ON "unit" USING gin (search_grams(coalesce("code", '') || chr(10) || coalesce("name", '') || chr(10) || custom_text("custom")));

-- resource vehicle
CREATE INDEX "vehicle_by_plate_idx" ON "vehicle" ("project_id", "plate", "id");
CREATE INDEX "vehicle_search_idx" ON "vehicle" USING gin (search_grams(coalesce("plate", '') || chr(10) || custom_text("custom")));

-- resource zone
CREATE INDEX "zone_by_position_idx" ON "zone" ("project_id", "position", "id");
CREATE INDEX "zone_search_idx" ON "zone" USING gin (search_grams(coalesce("code", '') || chr(10) || coalesce("name", '') || chr(10) || custom_text("custom")));
