-- What settlement remembers of a payment: what disputes hold back, and how often something was moved.
ALTER TABLE "transactions"
  ADD COLUMN "disputed_minor" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "settlements" INTEGER NOT NULL DEFAULT 0,
  ADD CONSTRAINT "transactions_disputed_check" CHECK ("disputed_minor" BETWEEN 0 AND "amount_minor");

-- Webhooks are worked on after they were answered, again and again until it works.
ALTER TABLE "webhook_events"
  ADD COLUMN "attempts" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "outcome" TEXT,
  ADD COLUMN "last_error" TEXT;
CREATE INDEX "webhook_events_next_attempt_at_idx" ON "webhook_events"("next_attempt_at") WHERE "handled_at" IS NULL;
CREATE INDEX "webhook_events_received_at_idx" ON "webhook_events"("received_at");
