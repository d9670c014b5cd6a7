-- AlterTable
ALTER TABLE "audio_processing_jobs" ADD COLUMN "partial_text" TEXT;

-- CreateTable
CREATE TABLE "transcript_versions" (
    "job_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transcript_versions_pkey" PRIMARY KEY ("job_id","version")
);

-- AddForeignKey
ALTER TABLE "transcript_versions" ADD CONSTRAINT "transcript_versions_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "audio_processing_jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;
