-- CreateEnum
CREATE TYPE "PullStatus" AS ENUM ('running', 'completed', 'failed', 'canceled');

-- CreateTable
CREATE TABLE "model_settings" (
    "model_id" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "version" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_settings_pkey" PRIMARY KEY ("model_id")
);

-- CreateTable
CREATE TABLE "model_defaults" (
    "capability" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_defaults_pkey" PRIMARY KEY ("capability")
);

-- CreateTable
CREATE TABLE "model_pulls" (
    "model_id" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "run_id" UUID NOT NULL,
    "status" "PullStatus" NOT NULL,
    "file" TEXT,
    "received_bytes" BIGINT NOT NULL DEFAULT 0,
    "total_bytes" BIGINT,
    "error_code" TEXT,
    "error_message" TEXT,
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_pulls_pkey" PRIMARY KEY ("model_id","version")
);

-- CreateTable
CREATE TABLE "model_speeds" (
    "model_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "jobs" INTEGER NOT NULL,
    "input_seconds" DOUBLE PRECISION NOT NULL,
    "inference_seconds" DOUBLE PRECISION NOT NULL,
    "processing_seconds" DOUBLE PRECISION NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_speeds_pkey" PRIMARY KEY ("model_id","provider")
);

-- CreateTable
CREATE TABLE "worker_reports" (
    "worker_id" TEXT NOT NULL,
    "runners" JSONB NOT NULL,
    "reported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_reports_pkey" PRIMARY KEY ("worker_id")
);


ALTER TABLE "model_speeds"
  ADD CONSTRAINT "model_speeds_sums_check" CHECK (
    "jobs" > 0 AND "input_seconds" > 0 AND "inference_seconds" >= 0 AND "processing_seconds" >= 0
  );
ALTER TABLE "model_pulls"
  ADD CONSTRAINT "model_pulls_error_check" CHECK ("status" <> 'failed' OR "error_code" IS NOT NULL);
