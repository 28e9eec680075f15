-- What convergence needs with every vendor: options of a connection, ownership, assignment, departures that are held,
-- drift, and histories.

ALTER TABLE connections
    -- What the vendor leaves to choose. What is not named here is as the newest Roster would have it.
    ADD COLUMN options     jsonb NOT NULL DEFAULT '{}',
    -- The worker that calls the vendor, and until when nobody else may.
    ADD COLUMN owner       uuid,
    ADD COLUMN owned_until timestamptz,
    ADD CONSTRAINT connections_owner_check CHECK ((owner IS NULL) = (owned_until IS NULL));

UPDATE connections SET options = jsonb_strip_nulls(
    jsonb_build_object('api_version', api_version, 'allow_private_addresses', allow_private_addresses)
);

ALTER TABLE connections
    ALTER COLUMN options DROP DEFAULT,
    DROP COLUMN api_version,
    DROP COLUMN allow_private_addresses,
    -- Out of the options, so that there is one truth.
    ADD COLUMN takes_all boolean NOT NULL
        GENERATED ALWAYS AS (coalesce(options ->> 'assignment', 'all') = 'all') STORED;

ALTER TABLE accounts
    -- Whether the user is to be there.
    ADD COLUMN is_assigned     boolean NOT NULL DEFAULT true,
    -- Set while the user's departure waits for approval, and the version with which it was approved.
    ADD COLUMN held_since      timestamptz,
    ADD COLUMN cleared_version bigint,
    -- When the user was last deactivated or deleted at the vendor.
    ADD COLUMN left_at         timestamptz,
    -- What somebody changed at the vendor.
    ADD COLUMN drift_message   text,
    ADD COLUMN drift_since     timestamptz,
    ADD CONSTRAINT accounts_drift_check CHECK ((drift_message IS NULL) = (drift_since IS NULL));

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
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    -- A UUIDv7, so that the key is in the order of time.
    id              uuid        NOT NULL,
    at              timestamptz NOT NULL,
    surface         text        NOT NULL,
    client_id       uuid,
    deed            text        NOT NULL,
    fields          text[]      NOT NULL,
    connection_id   uuid,
    version         bigint      NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (organization_id, user_id, id)
);

CREATE INDEX audit_log_age ON audit_log (at);

-- Which calls were made to vendors, and what came of them. Never a body. Without foreign keys, for the same reason.
CREATE TABLE events (
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    id              uuid        NOT NULL,
    connection_id   uuid        NOT NULL,
    vendor          text        NOT NULL,
    at              timestamptz NOT NULL,
    operation       text        NOT NULL,
    outcome         text        NOT NULL,
    status          integer,
    message         text,
    took_ms         bigint      NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (organization_id, user_id, id)
);

CREATE INDEX events_age ON events (at);

-- Holds an organization's connections together with others; see lock_connections.
CREATE FUNCTION share_connections(organization uuid) RETURNS void
LANGUAGE sql VOLATILE
AS $$ SELECT pg_advisory_xact_lock_shared(1919906676, hashtext(organization::text)) $$;

DROP FUNCTION connections_for_accounts(uuid);

-- The connections at which a user who is being written gets an account, or has one: those that take all users, and those
-- to which the user was assigned.
--
-- A statement sees the database as it was when the statement began, so that a statement which writes a user cannot
-- itself see a connection that is committed while it waits for the lock, nor an account that was made while it waited for
-- the user. A volatile function can: each query in it sees the database anew. So either the user's transaction has the
-- lock first, and the connection's, which comes next, finds the user; or the connection's has it first, and this finds
-- the connection.
CREATE FUNCTION connections_for_accounts(organization uuid, of_user uuid) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE ROWS 4
AS $$
BEGIN
    PERFORM share_connections(organization);
    -- In the order of their ids, so that two who write the same accounts wait for each other and not in a circle.
    RETURN QUERY
        SELECT c.id FROM connections c
        WHERE c.organization_id = organization
          AND (c.takes_all OR EXISTS (
              SELECT FROM accounts a
              WHERE a.organization_id = organization AND a.user_id = of_user AND a.connection_id = c.id
          ))
        ORDER BY c.id;
END
$$;
