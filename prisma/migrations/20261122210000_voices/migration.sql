-- CreateEnum
CREATE TYPE "VoiceStatus" AS ENUM ('checking', 'ready', 'rejected', 'awaiting_moderation', 'withdrawn');

-- AlterTable
ALTER TABLE "audio_processing_jobs" ADD COLUMN "preview_parts" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "voice_library" RENAME COLUMN "statistics" TO "profile";
ALTER TABLE "voice_library" ALTER COLUMN "sample_key" DROP NOT NULL,
    ADD COLUMN "description" TEXT NOT NULL DEFAULT '',
    ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    ADD COLUMN "status" "VoiceStatus" NOT NULL DEFAULT 'checking',
    ADD COLUMN "check_job_id" UUID,
    ADD COLUMN "upload_id" UUID,
    ADD COLUMN "findings" JSONB,
    ADD COLUMN "reason" TEXT,
    ADD COLUMN "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ADD COLUMN "withdrawn_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "voice_library_status_created_at_idx" ON "voice_library"("status", "created_at" DESC);

-- CreateIndex
CREATE INDEX "voice_library_check_job_id_idx" ON "voice_library"("check_job_id");

-- A voice that can be used has a sample; of a withdrawn one nothing is left but the record of consent.
ALTER TABLE "voice_library"
  ADD CONSTRAINT "voice_library_sample_check" CHECK (
    CASE "status"
      WHEN 'ready' THEN "sample_key" IS NOT NULL
      WHEN 'awaiting_moderation' THEN "sample_key" IS NOT NULL
      WHEN 'withdrawn' THEN "sample_key" IS NULL AND "profile" IS NULL AND "withdrawn_at" IS NOT NULL
      ELSE TRUE
    END
  );

ALTER TABLE "audio_processing_jobs"
  ADD CONSTRAINT "audio_processing_jobs_preview_parts_check" CHECK ("preview_parts" >= 0);
