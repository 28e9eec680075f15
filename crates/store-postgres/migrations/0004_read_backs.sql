-- Read-backs of accounts that nobody would look at, departures that are counted without looking at everybody, and what a
-- vendor asked for in Retry-After, to be handed over.

ALTER TABLE accounts
    -- Whether the user, as of the version that is desired, is to be active: neither deleted nor deactivated. The user's row
    -- says so, too; here it can be counted.
    ADD COLUMN desired_active   boolean NOT NULL DEFAULT true,
    -- Set when the connection begins to read accounts back: whoever has claimed the account may not know.
    ADD COLUMN read_back_wanted boolean NOT NULL DEFAULT false;

UPDATE accounts a SET desired_active = false
FROM users u
WHERE u.organization_id = a.organization_id AND u.id = a.user_id AND (u.deleted_at IS NOT NULL OR NOT u.active);

-- Who is at the vendor, active or in doubt, and is not to be. Few, except when very many leave.
CREATE INDEX accounts_leaving ON accounts (organization_id, connection_id) INCLUDE (cleared_version, desired_version)
    WHERE (NOT desired_active OR NOT is_assigned) AND vendor_user_id IS NOT NULL AND removed_at IS NULL
      AND vendor_active IS DISTINCT FROM false;
-- What vendors asked for: the latest of a connection holds for all of it.
CREATE INDEX accounts_floor ON accounts (organization_id, connection_id, retry_floor) WHERE retry_floor IS NOT NULL;

-- Accounts that came in sync before they were read back at all, or while their connection did not want it, are looked at
-- within the time that is between two read-backs, one after the other.
WITH unseen AS (
    SELECT
        a.organization_id, a.user_id, a.connection_id,
        coalesce((c.options ->> 'read_back_minutes')::integer, 1440) * interval '1 minute' AS within,
        row_number() OVER (PARTITION BY a.organization_id, a.connection_id ORDER BY a.user_id) - 1 AS place,
        count(*) OVER (PARTITION BY a.organization_id, a.connection_id) AS places
    FROM accounts a
    JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
    WHERE coalesce(c.options ->> 'drift', 'repair') <> 'off'
      AND a.next_attempt_at IS NULL AND a.applied_version >= a.desired_version AND a.vendor_user_id IS NOT NULL
      AND a.removed_at IS NULL AND a.attention_cause IS NULL
)
UPDATE accounts a SET next_attempt_at = now() + unseen.within * (unseen.place::float8 / unseen.places)
FROM unseen
WHERE a.organization_id = unseen.organization_id
  AND a.user_id = unseen.user_id
  AND a.connection_id = unseen.connection_id;
