-- Minutes in lots: every credit is one, and every debit says from which lots it took.
ALTER TABLE "minute_entries"
  ADD COLUMN "transaction_id" UUID,
  ADD COLUMN "actor_id" UUID;

ALTER TABLE "minute_entries" DROP CONSTRAINT "minute_entries_sign_check";
-- A grant below zero is what an administrator took. A refund of zero says that nothing was left to take.
ALTER TABLE "minute_entries"
  ADD CONSTRAINT "minute_entries_sign_check" CHECK (
    CASE "kind"
      WHEN 'purchase' THEN "seconds" > 0
      WHEN 'download' THEN "seconds" <= 0
      WHEN 'expiry' THEN "seconds" < 0
      ELSE TRUE
    END
  );

CREATE TABLE "minute_lots" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "transaction_id" UUID,
    "seconds" INTEGER NOT NULL,
    "seconds_left" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "expiry_told_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "minute_lots_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "minute_lots_seconds_left_check" CHECK ("seconds" > 0 AND "seconds_left" BETWEEN 0 AND "seconds")
);
CREATE INDEX "minute_lots_user_id_created_at_idx" ON "minute_lots"("user_id", "created_at");
CREATE INDEX "minute_lots_transaction_id_idx" ON "minute_lots"("transaction_id");
CREATE INDEX "minute_lots_expires_at_idx" ON "minute_lots"("expires_at") WHERE "seconds_left" > 0;

CREATE TABLE "minute_draws" (
    "entry_id" UUID NOT NULL,
    "lot_id" UUID NOT NULL,
    "seconds" INTEGER NOT NULL,

    CONSTRAINT "minute_draws_pkey" PRIMARY KEY ("entry_id","lot_id"),
    CONSTRAINT "minute_draws_seconds_check" CHECK ("seconds" > 0)
);
CREATE INDEX "minute_draws_lot_id_idx" ON "minute_draws"("lot_id");

CREATE FUNCTION "refuse_draw_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'minute_draws is append-only: write a compensating entry instead';
END;
$$;
CREATE TRIGGER "minute_draws_append_only" BEFORE UPDATE OR DELETE ON "minute_draws"
  FOR EACH ROW EXECUTE FUNCTION "refuse_draw_change"();

-- What there was before lots: each credit is one, and what was debited came from the oldest first.
INSERT INTO "minute_lots" ("id", "user_id", "seconds", "seconds_left", "created_at")
  SELECT "id", "user_id", "seconds", "seconds", "created_at" FROM "minute_entries" WHERE "seconds" > 0;
WITH "credits" AS (
  SELECT "id", "user_id", sum("seconds") OVER "earlier" - "seconds" AS "start", sum("seconds") OVER "earlier" AS "end"
  FROM "minute_entries" WHERE "seconds" > 0
  WINDOW "earlier" AS (PARTITION BY "user_id" ORDER BY "created_at", "id")
), "debits" AS (
  SELECT "id", "user_id", sum(-"seconds") OVER "earlier" + "seconds" AS "start", sum(-"seconds") OVER "earlier" AS "end"
  FROM "minute_entries" WHERE "seconds" < 0
  WINDOW "earlier" AS (PARTITION BY "user_id" ORDER BY "created_at", "id")
)
INSERT INTO "minute_draws" ("entry_id", "lot_id", "seconds")
  SELECT d."id", c."id", least(c."end", d."end") - greatest(c."start", d."start")
  FROM "credits" c JOIN "debits" d ON d."user_id" = c."user_id" AND d."start" < c."end" AND c."start" < d."end";
UPDATE "minute_lots" l SET "seconds_left" = l."seconds" - t."taken"
  FROM (SELECT "lot_id", sum("seconds") AS "taken" FROM "minute_draws" GROUP BY "lot_id") t WHERE t."lot_id" = l."id";

ALTER TABLE "minute_lots"
  ADD CONSTRAINT "minute_lots_id_fkey" FOREIGN KEY ("id") REFERENCES "minute_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "minute_lots_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "minute_lots_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "minute_draws"
  ADD CONSTRAINT "minute_draws_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "minute_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "minute_draws_lot_id_fkey" FOREIGN KEY ("lot_id") REFERENCES "minute_lots"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "minute_entries"
  ADD CONSTRAINT "minute_entries_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "minute_entries_transaction_id_idx" ON "minute_entries"("transaction_id");

-- Plans: an edit of a sold plan is a new plan that supersedes it.
ALTER TABLE "pricing_plans"
  ADD COLUMN "description" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "expires_after_days" INTEGER,
  ADD COLUMN "supersedes_id" UUID,
  ADD COLUMN "retired_at" TIMESTAMPTZ(3),
  ADD COLUMN "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD CONSTRAINT "pricing_plans_expires_after_days_check" CHECK ("expires_after_days" > 0),
  ADD CONSTRAINT "pricing_plans_retired_check" CHECK ("retired_at" IS NULL OR NOT "active");
CREATE UNIQUE INDEX "pricing_plans_supersedes_id_key" ON "pricing_plans"("supersedes_id");
ALTER TABLE "pricing_plans"
  ADD CONSTRAINT "pricing_plans_supersedes_id_fkey" FOREIGN KEY ("supersedes_id") REFERENCES "pricing_plans"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Subscriptions and the gateways' names for our customers.
CREATE TYPE "SubscriptionStatus" AS ENUM ('incomplete', 'active', 'past_due', 'canceled');
CREATE TABLE "subscriptions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "plan_id" UUID NOT NULL,
    "gateway" TEXT NOT NULL,
    "gateway_reference" TEXT NOT NULL,
    "status" "SubscriptionStatus" NOT NULL DEFAULT 'incomplete',
    "current_period_start" TIMESTAMPTZ(3),
    "current_period_end" TIMESTAMPTZ(3),
    "cancel_at_period_end" BOOLEAN NOT NULL DEFAULT false,
    "canceled_at" TIMESTAMPTZ(3),
    "last_checked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "subscriptions_gateway_gateway_reference_key" ON "subscriptions"("gateway", "gateway_reference");
CREATE INDEX "subscriptions_user_id_created_at_idx" ON "subscriptions"("user_id", "created_at" DESC);
ALTER TABLE "subscriptions"
  ADD CONSTRAINT "subscriptions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD CONSTRAINT "subscriptions_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "pricing_plans"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "gateway_customers" (
    "user_id" UUID NOT NULL,
    "gateway" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "gateway_customers_pkey" PRIMARY KEY ("user_id","gateway")
);
CREATE UNIQUE INDEX "gateway_customers_gateway_reference_key" ON "gateway_customers"("gateway", "reference");
ALTER TABLE "gateway_customers"
  ADD CONSTRAINT "gateway_customers_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What settlement, receipts, refunds, disputes and reconciliation need to know of a payment.
ALTER TABLE "transactions"
  ALTER COLUMN "gateway_reference" DROP NOT NULL,
  ADD COLUMN "payment_reference" TEXT,
  ADD COLUMN "customer_reference" TEXT,
  ADD COLUMN "subscription_id" UUID,
  ADD COLUMN "tax_minor" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "tax_basis_points" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "refunded_minor" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "taken_back_seconds" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "checkout_url" TEXT,
  ADD COLUMN "failure_reason" TEXT,
  ADD COLUMN "paid_at" TIMESTAMPTZ(3),
  ADD COLUMN "disputed_at" TIMESTAMPTZ(3),
  ADD COLUMN "expires_at" TIMESTAMPTZ(3),
  ADD COLUMN "last_checked_at" TIMESTAMPTZ(3),
  ADD CONSTRAINT "transactions_tax_check" CHECK ("tax_basis_points" BETWEEN 0 AND 10000 AND "tax_minor" BETWEEN 0 AND "amount_minor"),
  ADD CONSTRAINT "transactions_refunded_check" CHECK ("refunded_minor" BETWEEN 0 AND "amount_minor"),
  ADD CONSTRAINT "transactions_taken_back_check" CHECK ("taken_back_seconds" BETWEEN 0 AND "seconds"),
  ADD CONSTRAINT "transactions_paid_at_check" CHECK ("status" NOT IN ('paid', 'refunded', 'disputed') OR "paid_at" IS NOT NULL);
CREATE INDEX "transactions_gateway_payment_reference_idx" ON "transactions"("gateway", "payment_reference");
CREATE INDEX "transactions_subscription_id_idx" ON "transactions"("subscription_id");
CREATE INDEX "transactions_plan_id_idx" ON "transactions"("plan_id");
CREATE INDEX "transactions_status_created_at_idx" ON "transactions"("status", "created_at");
CREATE INDEX "transactions_paid_at_idx" ON "transactions"("paid_at");
ALTER TABLE "transactions"
  ADD CONSTRAINT "transactions_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
-- A plan that was sold stays.
ALTER TABLE "transactions" DROP CONSTRAINT "transactions_plan_id_fkey";
ALTER TABLE "transactions"
  ADD CONSTRAINT "transactions_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "pricing_plans"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE FUNCTION "refuse_sold_plan_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW."name", NEW."description", NEW."kind", NEW."price_minor", NEW."currency", NEW."seconds", NEW."expires_after_days")
    IS DISTINCT FROM
    (OLD."name", OLD."description", OLD."kind", OLD."price_minor", OLD."currency", OLD."seconds", OLD."expires_after_days")
    AND (EXISTS (SELECT 1 FROM "transactions" WHERE "plan_id" = OLD."id")
      OR EXISTS (SELECT 1 FROM "subscriptions" WHERE "plan_id" = OLD."id"))
  THEN
    RAISE EXCEPTION 'a sold plan is never rewritten: supersede it';
  END IF;
  RETURN NEW;
END;
$$;
CREATE TRIGGER "pricing_plans_sold" BEFORE UPDATE ON "pricing_plans"
  FOR EACH ROW EXECUTE FUNCTION "refuse_sold_plan_change"();

-- Receipts: as they were issued, numbered without gaps within their year.
CREATE TABLE "receipts" (
    "transaction_id" UUID NOT NULL,
    "year" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "receipts_pkey" PRIMARY KEY ("transaction_id"),
    CONSTRAINT "receipts_sequence_check" CHECK ("sequence" > 0)
);
CREATE UNIQUE INDEX "receipts_year_sequence_key" ON "receipts"("year", "sequence");
ALTER TABLE "receipts"
  ADD CONSTRAINT "receipts_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "transactions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE TABLE "receipt_counters" (
    "year" INTEGER NOT NULL,
    "last" INTEGER NOT NULL,

    CONSTRAINT "receipt_counters_pkey" PRIMARY KEY ("year")
);
