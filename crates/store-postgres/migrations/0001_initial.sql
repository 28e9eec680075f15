-- The tables of Roster.
--
-- Every key of a table that belongs to a tenant starts with organization_id, so that the tables can be partitioned or
-- distributed by it unchanged. The few keys that do not are those by which the tenant itself is found.
-- Constraints are named: the store tells what stands against a write by the constraint's name.

CREATE TABLE organizations (
    id         uuid        NOT NULL,
    slug       text        NOT NULL,
    phi_guard  text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_key UNIQUE (slug)
);

CREATE TABLE api_clients (
    organization_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    kind            text        NOT NULL,
    label           text,
    -- BLAKE3 of an API key: the key is 256 random bits, which need no slow hash.
    key_digest      bytea,
    -- The address of a service account as it was given, and as addresses are compared.
    email           text,
    email_folded    text,
    -- Argon2id in PHC string format.
    password_hash   text,
    public_key      text,
    jwks_url        text,
    created_at      timestamptz NOT NULL,
    CONSTRAINT api_clients_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT api_clients_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    -- Whoever calls names the client only; these three lead from it to the organization.
    CONSTRAINT api_clients_id_key UNIQUE (id),
    CONSTRAINT api_clients_key_digest_key UNIQUE (key_digest),
    CONSTRAINT api_clients_email_key UNIQUE (email_folded)
);

-- Assertions are kept by digest: a jti has no length limit, an index entry has.
CREATE TABLE used_assertions (
    client_id  uuid        NOT NULL,
    jti_digest bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT used_assertions_pkey PRIMARY KEY (client_id, jti_digest)
);

CREATE INDEX used_assertions_expiry ON used_assertions (expires_at);

CREATE TABLE users (
    organization_id           uuid        NOT NULL,
    id                        uuid        NOT NULL,
    external_id               text,
    -- As it was given, and as addresses are compared. PostgreSQL's lower() depends on the database's locale, so that
    -- the folding is Roster's.
    email                     text,
    email_folded              text,
    first_name                text,
    last_name                 text,
    phone_country_code        text,
    phone_number              text,
    locale                    text,
    roles                     text[]      NOT NULL,
    metadata                  jsonb,
    npi                       text,
    therapy_licence           text,
    note_identifier           text,
    default_note_template_ids text[]      NOT NULL,
    specialty_kind            text,
    specialty_name            text,
    speech_locale             text,
    secondary_speech_locale   text,
    active                    boolean     NOT NULL,
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL,
    deleted_at                timestamptz,
    version                   bigint      NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT users_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
);

-- A tombstone stands against nobody.
CREATE UNIQUE INDEX users_external_id_key ON users (organization_id, external_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_email_key ON users (organization_id, email_folded) WHERE deleted_at IS NULL;
CREATE INDEX users_tombstones ON users (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE connections (
    organization_id         uuid        NOT NULL,
    id                      uuid        NOT NULL,
    vendor                  text        NOT NULL,
    label                   text,
    base_url                text        NOT NULL,
    api_version             text,
    allow_private_addresses boolean     NOT NULL,
    -- Sealed with the operator's secret key.
    credentials             bytea       NOT NULL,
    paused_reason           text,
    paused_at               timestamptz,
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL,
    version                 bigint      NOT NULL,
    CONSTRAINT connections_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT connections_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT connections_pause_check CHECK ((paused_reason IS NULL) = (paused_at IS NULL))
);

-- One user at one connection. The rows that are due are the queue; there is no other.
CREATE TABLE accounts (
    organization_id   uuid        NOT NULL,
    user_id           uuid        NOT NULL,
    connection_id     uuid        NOT NULL,
    -- The version of the user that the vendor should have, and the one that it confirmed.
    desired_version   bigint      NOT NULL,
    applied_version   bigint      NOT NULL DEFAULT 0,
    vendor_user_id    text,
    vendor_active     boolean,
    -- The key of a create that may have been sent and of which nothing was heard.
    intent            text,
    invite_url        text,
    attempts          integer     NOT NULL DEFAULT 0,
    -- Null when nothing is to be done, or a person is asked.
    next_attempt_at   timestamptz,
    -- What the vendor asked for in Retry-After: holds for newer versions of the user, too.
    retry_floor       timestamptz,
    last_error        text,
    attention_cause   text,
    attention_message text,
    attention_remedy  text,
    attention_since   timestamptz,
    removed_at        timestamptz,
    -- The fencing token of the last claim; the claim holds while lease_until is set.
    claim_token       bigint      NOT NULL DEFAULT 0,
    lease_until       timestamptz,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (organization_id, user_id, connection_id),
    CONSTRAINT accounts_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT accounts_connection_fkey FOREIGN KEY (organization_id, connection_id)
        REFERENCES connections (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT accounts_attention_check
        CHECK (num_nulls(attention_cause, attention_message, attention_remedy, attention_since) IN (0, 4))
);

-- What a worker looks for. Not by organization: the longest due comes first, whosever it is.
CREATE INDEX accounts_due ON accounts (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
-- A connection's accounts, for lists and for deleting it.
CREATE INDEX accounts_connection ON accounts (organization_id, connection_id, user_id);
-- A user who is gone from the vendor stands against nobody: a clinician who comes back may be given the same id.
CREATE UNIQUE INDEX accounts_vendor_user_id_key ON accounts (organization_id, connection_id, vendor_user_id)
    WHERE vendor_user_id IS NOT NULL AND removed_at IS NULL;

CREATE TABLE idempotency_keys (
    organization_id uuid        NOT NULL,
    key             text        NOT NULL,
    fingerprint     bytea       NOT NULL,
    -- What the request makes gets this id.
    id              uuid        NOT NULL,
    begun_at        timestamptz NOT NULL,
    -- How many processes began it: 1 unless one fell silent.
    begun_times     integer     NOT NULL DEFAULT 1,
    -- Sealed, for it may hold a key that is shown only once.
    answer          bytea,
    answered_at     timestamptz,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, key),
    CONSTRAINT idempotency_keys_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
);

CREATE INDEX idempotency_keys_age ON idempotency_keys (begun_at);

CREATE TABLE user_sessions (
    organization_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    expires_at      timestamptz NOT NULL,
    CONSTRAINT user_sessions_pkey PRIMARY KEY (organization_id, id),
    -- Tokens carry the session's id only.
    CONSTRAINT user_sessions_id_key UNIQUE (id),
    CONSTRAINT user_sessions_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX user_sessions_user ON user_sessions (organization_id, user_id);
CREATE INDEX user_sessions_expiry ON user_sessions (expires_at);

-- Whoever adds or removes a connection holds an organization's connections alone; whoever writes a user, and with it an
-- account for each connection, holds them together with others. Both hold them until their transaction ends.
--
-- The two-key form of advisory locks is a space of its own; 1919906676 is "rost" in ASCII. Organizations whose hashes
-- are equal wait for each other now and then, and no harm is done.
CREATE FUNCTION lock_connections(organization uuid) RETURNS void
LANGUAGE sql VOLATILE
AS $$ SELECT pg_advisory_xact_lock(1919906676, hashtext(organization::text)) $$;

-- The connections that a user who is being written gets accounts at.
--
-- A statement sees the database as it was when the statement began, so that a statement which writes a user cannot
-- itself see a connection that is committed while it waits for the lock. A volatile function can: each query in it
-- sees the database anew. So either the user's transaction has the lock first, and the connection's, which comes next,
-- finds the user; or the connection's has it first, and this finds the connection.
CREATE FUNCTION connections_for_accounts(organization uuid) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE ROWS 4
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1919906676, hashtext(organization::text));
    -- In the order of their ids, so that two who write the same accounts wait for each other and not in a circle.
    RETURN QUERY SELECT c.id FROM connections c WHERE c.organization_id = organization ORDER BY c.id;
END
$$;
