-- What Prisma's schema language cannot say: the rules that hold whatever the code does.

-- Two accounts whose names differ by case only would be one person's trap for another.
CREATE UNIQUE INDEX "users_username_lower_key" ON "users" (lower("username"));
CREATE UNIQUE INDEX "users_email_lower_key" ON "users" (lower("email"));
ALTER TABLE "users" ADD CONSTRAINT "users_seconds_remaining_check" CHECK ("seconds_remaining" >= 0);

ALTER TABLE "pricing_plans"
  ADD CONSTRAINT "pricing_plans_price_minor_check" CHECK ("price_minor" >= 0),
  ADD CONSTRAINT "pricing_plans_seconds_check" CHECK ("seconds" > 0),
  ADD CONSTRAINT "pricing_plans_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$');

ALTER TABLE "transactions"
  ADD CONSTRAINT "transactions_amount_minor_check" CHECK ("amount_minor" >= 0),
  ADD CONSTRAINT "transactions_seconds_check" CHECK ("seconds" >= 0),
  ADD CONSTRAINT "transactions_currency_check" CHECK ("currency" ~ '^[A-Z]{3}$');

ALTER TABLE "minute_entries"
  ADD CONSTRAINT "minute_entries_balance_after_check" CHECK ("balance_after" >= 0),
  ADD CONSTRAINT "minute_entries_sign_check" CHECK (
    CASE "kind"
      WHEN 'purchase' THEN "seconds" > 0
      WHEN 'grant' THEN "seconds" > 0
      WHEN 'download' THEN "seconds" <= 0
      WHEN 'expiry' THEN "seconds" < 0
      ELSE "seconds" <> 0
    END
  );

-- The ledger is append-only.
CREATE FUNCTION "refuse_ledger_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'minute_entries is append-only: write a compensating entry instead';
END;
$$;
CREATE TRIGGER "minute_entries_append_only" BEFORE UPDATE OR DELETE ON "minute_entries"
  FOR EACH ROW EXECUTE FUNCTION "refuse_ledger_change"();

ALTER TABLE "objects"
  ADD CONSTRAINT "objects_bytes_check" CHECK ("bytes" >= 0),
  ADD CONSTRAINT "objects_stored_at_check" CHECK ("status" <> 'stored' OR "stored_at" IS NOT NULL);

ALTER TABLE "audio_processing_jobs"
  ADD CONSTRAINT "audio_processing_jobs_fraction_check" CHECK ("fraction" BETWEEN 0 AND 1),
  ADD CONSTRAINT "audio_processing_jobs_attempt_check" CHECK ("attempt" >= 0 AND "failures" >= 0),
  ADD CONSTRAINT "audio_processing_jobs_input_check" CHECK ("input_type" <> 'text' OR "input_text" IS NOT NULL),
  ADD CONSTRAINT "audio_processing_jobs_result_check" CHECK ("status" <> 'completed' OR "result" IS NOT NULL),
  ADD CONSTRAINT "audio_processing_jobs_error_check" CHECK ("status" <> 'failed' OR "error_code" IS NOT NULL),
  ADD CONSTRAINT "audio_processing_jobs_completed_at_check" CHECK (
    ("status" IN ('completed', 'failed', 'canceled')) = ("completed_at" IS NOT NULL)
  );
