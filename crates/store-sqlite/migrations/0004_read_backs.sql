-- Read-backs of accounts that nobody would look at, departures that are counted without looking at everybody, and what a
-- vendor asked for in Retry-After, to be handed over.

-- Whether the user, as of the version that is desired, is to be active: neither deleted nor deactivated. The user's row
-- says so, too; here it can be counted.
ALTER TABLE accounts ADD COLUMN desired_active INTEGER NOT NULL DEFAULT 1;
-- Set when the connection begins to read accounts back: whoever has claimed the account may not know.
ALTER TABLE accounts ADD COLUMN read_back_wanted INTEGER NOT NULL DEFAULT 0;

UPDATE accounts SET desired_active = 0
FROM users
WHERE users.organization_id = accounts.organization_id AND users.id = accounts.user_id
  AND (users.deleted_at IS NOT NULL OR NOT users.active);

-- Who is at the vendor, active or in doubt, and is not to be. Few, except when very many leave.
CREATE INDEX accounts_leaving ON accounts (organization_id, connection_id)
    WHERE (NOT desired_active OR NOT is_assigned) AND vendor_user_id IS NOT NULL AND removed_at IS NULL
      AND vendor_active IS NOT 0;
-- What vendors asked for: the latest of a connection holds for all of it.
CREATE INDEX accounts_floor ON accounts (organization_id, connection_id, retry_floor) WHERE retry_floor IS NOT NULL;

-- As before, and whether the user is to be active.
DROP TRIGGER accounts_of_new_user;
CREATE TRIGGER accounts_of_new_user AFTER INSERT ON users
BEGIN
    INSERT INTO accounts (
        organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
    )
    SELECT
        new.organization_id, new.id, c.id, new.version, new.active AND new.deleted_at IS NULL, new.updated_at,
        new.updated_at
    FROM connections c
    WHERE c.organization_id = new.organization_id AND c.takes_all;
END;

DROP TRIGGER accounts_of_new_connection;
CREATE TRIGGER accounts_of_new_connection AFTER INSERT ON connections WHEN new.takes_all
BEGIN
    INSERT INTO accounts (
        organization_id, user_id, connection_id, desired_version, desired_active, next_attempt_at, updated_at
    )
    SELECT u.organization_id, u.id, new.id, u.version, u.active, new.created_at, new.created_at
    FROM users u
    WHERE u.organization_id = new.organization_id AND u.deleted_at IS NULL;
END;

DROP TRIGGER accounts_of_changed_user;
CREATE TRIGGER accounts_of_changed_user AFTER UPDATE OF version ON users
BEGIN
    UPDATE accounts SET
        desired_version = new.version, desired_active = new.active AND new.deleted_at IS NULL,
        -- max() of a null is null.
        next_attempt_at = max(new.updated_at, coalesce(retry_floor, new.updated_at)),
        attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL, attention_remedy = NULL,
        attention_since = NULL, held_since = NULL, updated_at = new.updated_at
    WHERE organization_id = new.organization_id AND user_id = new.id;
END;

-- Accounts that came in sync before they were read back at all, or while their connection did not want it, are looked at
-- within the time that is between two read-backs, one after the other.
UPDATE accounts SET next_attempt_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
    + unseen.within * unseen.place / unseen.places
FROM (
    SELECT
        a.organization_id, a.user_id, a.connection_id,
        coalesce(c.options ->> '$.read_back_minutes', 1440) * 60000000 AS within,
        row_number() OVER (PARTITION BY a.organization_id, a.connection_id ORDER BY a.user_id) - 1 AS place,
        count(*) OVER (PARTITION BY a.organization_id, a.connection_id) AS places
    FROM accounts a
    JOIN connections c ON c.organization_id = a.organization_id AND c.id = a.connection_id
    WHERE coalesce(c.options ->> '$.drift', 'repair') <> 'off'
      AND a.next_attempt_at IS NULL AND a.applied_version >= a.desired_version AND a.vendor_user_id IS NOT NULL
      AND a.removed_at IS NULL AND a.attention_cause IS NULL
) AS unseen
WHERE accounts.organization_id = unseen.organization_id
  AND accounts.user_id = unseen.user_id
  AND accounts.connection_id = unseen.connection_id;
