-- CreateTable
CREATE TABLE "pronunciation_dictionaries" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "entry_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pronunciation_dictionaries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pronunciation_dictionary_versions" (
    "dictionary_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "entries" JSONB NOT NULL,
    "entry_count" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pronunciation_dictionary_versions_pkey" PRIMARY KEY ("dictionary_id","version")
);

-- CreateIndex
CREATE INDEX "pronunciation_dictionaries_user_id_created_at_idx" ON "pronunciation_dictionaries"("user_id", "created_at" DESC);

-- AddForeignKey
ALTER TABLE "pronunciation_dictionaries" ADD CONSTRAINT "pronunciation_dictionaries_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pronunciation_dictionary_versions" ADD CONSTRAINT "pronunciation_dictionary_versions_dictionary_id_fkey" FOREIGN KEY ("dictionary_id") REFERENCES "pronunciation_dictionaries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "pronunciation_dictionaries"
  ADD CONSTRAINT "pronunciation_dictionaries_version_check" CHECK ("version" >= 1 AND "entry_count" >= 0);
