-- What convergence needs with every vendor: options of a connection, ownership, assignment, departures that are held,
-- drift, and histories.

-- What the vendor leaves to choose, as JSON. What is not named here is as the newest Roster would have it.
ALTER TABLE connections ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
-- The worker that calls the vendor, and until when nobody else may.
ALTER TABLE connections ADD COLUMN owner BLOB;
ALTER TABLE connections ADD COLUMN owned_until INTEGER
    CONSTRAINT connections_owner_check CHECK ((owner IS NULL) = (owned_until IS NULL));

-- A patch leaves out what is null.
UPDATE connections SET options = json_patch('{}', json_object(
    'api_version', api_version,
    'allow_private_addresses', json(CASE WHEN allow_private_addresses THEN 'true' ELSE 'false' END)
));

ALTER TABLE connections DROP COLUMN api_version;
ALTER TABLE connections DROP COLUMN allow_private_addresses;
-- Out of the options, so that there is one truth.
ALTER TABLE connections ADD COLUMN takes_all INTEGER NOT NULL
    GENERATED ALWAYS AS (coalesce(options ->> '$.assignment', 'all') = 'all') VIRTUAL;

-- Whether the user is to be there.
ALTER TABLE accounts ADD COLUMN is_assigned INTEGER NOT NULL DEFAULT 1;
-- Set while the user's departure waits for approval, and the version with which it was approved.
ALTER TABLE accounts ADD COLUMN held_since INTEGER;
ALTER TABLE accounts ADD COLUMN cleared_version INTEGER;
-- When the user was last deactivated or deleted at the vendor.
ALTER TABLE accounts ADD COLUMN left_at INTEGER;
-- What somebody changed at the vendor.
ALTER TABLE accounts ADD COLUMN drift_message TEXT;
ALTER TABLE accounts ADD COLUMN drift_since INTEGER
    CONSTRAINT accounts_drift_check CHECK ((drift_message IS NULL) = (drift_since IS NULL));

-- What a worker looks for: each connection is worked on by itself, the longest due account first.
DROP INDEX accounts_due;
CREATE INDEX accounts_due ON accounts (organization_id, connection_id, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
-- These hold few rows each: those that are under way, that wait for approval, and that left.
CREATE INDEX accounts_leased ON accounts (organization_id, connection_id, lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX accounts_held ON accounts (organization_id, connection_id, held_since) WHERE held_since IS NOT NULL;
CREATE INDEX accounts_left ON accounts (organization_id, connection_id, left_at) WHERE left_at IS NOT NULL;

-- The few whose password no vendor has yet, to be found when it is sealed with another key.
CREATE INDEX users_with_password ON users (organization_id, id) WHERE initial_password IS NOT NULL;

-- Who changed which fields of a user. What was in them is not kept. It refers to nothing by foreign keys: it outlives the
-- user, the connection and the client.
CREATE TABLE audit_log (
    organization_id BLOB    NOT NULL,
    user_id         BLOB    NOT NULL,
    -- A UUIDv7, so that the key is in the order of time.
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    at              INTEGER NOT NULL,
    surface         TEXT    NOT NULL,
    client_id       BLOB,
    deed            TEXT    NOT NULL,
    fields          TEXT    NOT NULL,
    connection_id   BLOB,
    version         INTEGER NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (organization_id, user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_log_age ON audit_log (at);

-- Which calls were made to vendors, and what came of them. Never a body. Without foreign keys, for the same reason.
CREATE TABLE events (
    organization_id BLOB    NOT NULL,
    user_id         BLOB    NOT NULL,
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    connection_id   BLOB    NOT NULL,
    vendor          TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    operation       TEXT    NOT NULL,
    outcome         TEXT    NOT NULL,
    status          INTEGER,
    message         TEXT,
    took_ms         INTEGER NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (organization_id, user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_age ON events (at);

-- As before, but for connections that take all users only.
DROP TRIGGER accounts_of_new_user;
CREATE TRIGGER accounts_of_new_user AFTER INSERT ON users
BEGIN
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
    SELECT new.organization_id, new.id, c.id, new.version, new.updated_at, new.updated_at
    FROM connections c
    WHERE c.organization_id = new.organization_id AND c.takes_all;
END;

DROP TRIGGER accounts_of_new_connection;
CREATE TRIGGER accounts_of_new_connection AFTER INSERT ON connections WHEN new.takes_all
BEGIN
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
    SELECT u.organization_id, u.id, new.id, u.version, new.created_at, new.created_at
    FROM users u
    WHERE u.organization_id = new.organization_id AND u.deleted_at IS NULL;
END;

-- As before, and a departure is no longer held.
DROP TRIGGER accounts_of_changed_user;
CREATE TRIGGER accounts_of_changed_user AFTER UPDATE OF version ON users
BEGIN
    UPDATE accounts SET
        desired_version = new.version,
        -- max() of a null is null.
        next_attempt_at = max(new.updated_at, coalesce(retry_floor, new.updated_at)),
        attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL, attention_remedy = NULL,
        attention_since = NULL, held_since = NULL, updated_at = new.updated_at
    WHERE organization_id = new.organization_id AND user_id = new.id;
END;
