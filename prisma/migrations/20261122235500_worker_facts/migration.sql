-- Reports are written anew within seconds.
DELETE FROM "worker_reports";
ALTER TABLE "worker_reports" ADD COLUMN "facts" JSONB NOT NULL;
