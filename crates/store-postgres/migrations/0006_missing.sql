-- Users whom a vendor denies having, and the deletion of those who are inactive there: both are departures.

ALTER TABLE accounts
    -- The vendor said that it has nobody of vendor_user_id, which is kept until another one is found or made.
    ADD COLUMN is_missing boolean NOT NULL DEFAULT false;

CREATE INDEX accounts_missing ON accounts (organization_id, connection_id) WHERE is_missing;
-- Who is inactive at the vendor and not yet as it should be, among them those who are to be deleted.
CREATE INDEX accounts_resting ON accounts (organization_id, connection_id)
    WHERE vendor_active = false AND vendor_user_id IS NOT NULL AND removed_at IS NULL
      AND applied_version < desired_version;
