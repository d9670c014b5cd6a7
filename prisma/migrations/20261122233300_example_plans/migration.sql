-- Examples to change or remove; a database that has plans already gets none.
INSERT INTO "pricing_plans" ("id", "name", "description", "kind", "price_minor", "currency", "seconds", "expires_after_days", "position")
  SELECT gen_random_uuid(), e.*
  FROM (VALUES
    ('Hour', 'For a talk or two.', 'pack'::"PlanKind", 500, 'USD', 3600, NULL::INTEGER, 1),
    ('Ten hours', 'For a podcast season.', 'pack', 3900, 'USD', 36000, NULL, 2),
    ('Monthly', 'Ten hours every month; what is left lasts two months.', 'subscription', 2900, 'USD', 36000, 62, 3),
    ('Hour', 'For a talk or two.', 'pack', 39900, 'INR', 3600, NULL, 1),
    ('Ten hours', 'For a podcast season.', 'pack', 299900, 'INR', 36000, NULL, 2),
    ('Monthly', 'Ten hours every month; what is left lasts two months.', 'subscription', 219900, 'INR', 36000, 62, 3)
  ) AS e ("name", "description", "kind", "price_minor", "currency", "seconds", "expires_after_days", "position")
  WHERE NOT EXISTS (SELECT 1 FROM "pricing_plans");
