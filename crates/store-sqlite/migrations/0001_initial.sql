-- The tables of Roster.
--
-- Every key of a table that belongs to a tenant starts with organization_id. The few keys that do not are those by which
-- the tenant itself is found.
--
-- Ids are the 16 bytes of the UUID: half the size of their text in every key and index, in the same order. Times are
-- microseconds since 1970 in UTC: exact, and compared as numbers. Lists and dictionaries are JSON.

CREATE TABLE organizations (
    id         BLOB    NOT NULL CHECK (length(id) = 16),
    slug       TEXT    NOT NULL,
    phi_guard  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_slug_key UNIQUE (slug)
) STRICT;

CREATE TABLE api_clients (
    organization_id BLOB    NOT NULL,
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    kind            TEXT    NOT NULL,
    label           TEXT,
    -- BLAKE3 of an API key: the key is 256 random bits, which need no slow hash.
    key_digest      BLOB,
    -- The address of a service account as it was given, and as addresses are compared.
    email           TEXT,
    email_folded    TEXT,
    -- Argon2id in PHC string format.
    password_hash   TEXT,
    public_key      TEXT,
    jwks_url        TEXT,
    created_at      INTEGER NOT NULL,
    CONSTRAINT api_clients_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT api_clients_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    -- Whoever calls names the client only; these three lead from it to the organization.
    CONSTRAINT api_clients_id_key UNIQUE (id),
    CONSTRAINT api_clients_key_digest_key UNIQUE (key_digest),
    CONSTRAINT api_clients_email_key UNIQUE (email_folded)
) STRICT;

-- Assertions are kept by digest: a jti has no length limit.
CREATE TABLE used_assertions (
    client_id  BLOB    NOT NULL,
    jti_digest BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT used_assertions_pkey PRIMARY KEY (client_id, jti_digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_assertions_expiry ON used_assertions (expires_at);

CREATE TABLE users (
    organization_id           BLOB    NOT NULL,
    id                        BLOB    NOT NULL CHECK (length(id) = 16),
    external_id               TEXT,
    -- As it was given, and as addresses are compared. SQLite's lower() knows ASCII only, so that the folding is Roster's.
    email                     TEXT,
    email_folded              TEXT,
    first_name                TEXT,
    last_name                 TEXT,
    phone_country_code        TEXT,
    phone_number              TEXT,
    locale                    TEXT,
    roles                     TEXT    NOT NULL,
    metadata                  TEXT,
    npi                       TEXT,
    therapy_licence           TEXT,
    note_identifier           TEXT,
    default_note_template_ids TEXT    NOT NULL,
    specialty_kind            TEXT,
    specialty_name            TEXT,
    speech_locale             TEXT,
    secondary_speech_locale   TEXT,
    active                    INTEGER NOT NULL,
    created_at                INTEGER NOT NULL,
    updated_at                INTEGER NOT NULL,
    deleted_at                INTEGER,
    version                   INTEGER NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT users_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

-- A tombstone stands against nobody.
CREATE UNIQUE INDEX users_external_id_key ON users (organization_id, external_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX users_email_key ON users (organization_id, email_folded) WHERE deleted_at IS NULL;
CREATE INDEX users_tombstones ON users (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE connections (
    organization_id         BLOB    NOT NULL,
    id                      BLOB    NOT NULL CHECK (length(id) = 16),
    vendor                  TEXT    NOT NULL,
    label                   TEXT,
    base_url                TEXT    NOT NULL,
    api_version             TEXT,
    allow_private_addresses INTEGER NOT NULL,
    -- Sealed with the operator's secret key.
    credentials             BLOB    NOT NULL,
    paused_reason           TEXT,
    paused_at               INTEGER,
    created_at              INTEGER NOT NULL,
    updated_at              INTEGER NOT NULL,
    version                 INTEGER NOT NULL,
    CONSTRAINT connections_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT connections_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT connections_pause_check CHECK ((paused_reason IS NULL) = (paused_at IS NULL))
) STRICT;

-- One user at one connection. The rows that are due are the queue; there is no other.
CREATE TABLE accounts (
    organization_id   BLOB    NOT NULL,
    user_id           BLOB    NOT NULL,
    connection_id     BLOB    NOT NULL,
    -- The version of the user that the vendor should have, and the one that it confirmed.
    desired_version   INTEGER NOT NULL,
    applied_version   INTEGER NOT NULL DEFAULT 0,
    vendor_user_id    TEXT,
    vendor_active     INTEGER,
    -- The key of a create that may have been sent and of which nothing was heard.
    intent            TEXT,
    invite_url        TEXT,
    attempts          INTEGER NOT NULL DEFAULT 0,
    -- Null when nothing is to be done, or a person is asked.
    next_attempt_at   INTEGER,
    -- What the vendor asked for in Retry-After: holds for newer versions of the user, too.
    retry_floor       INTEGER,
    last_error        TEXT,
    attention_cause   TEXT,
    attention_message TEXT,
    attention_remedy  TEXT,
    attention_since   INTEGER,
    removed_at        INTEGER,
    -- The fencing token of the last claim; the claim holds while lease_until is set.
    claim_token       INTEGER NOT NULL DEFAULT 0,
    lease_until       INTEGER,
    updated_at        INTEGER NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (organization_id, user_id, connection_id),
    CONSTRAINT accounts_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT accounts_connection_fkey FOREIGN KEY (organization_id, connection_id)
        REFERENCES connections (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT accounts_attention_check CHECK (
        (attention_cause IS NULL) = (attention_message IS NULL)
        AND (attention_cause IS NULL) = (attention_remedy IS NULL)
        AND (attention_cause IS NULL) = (attention_since IS NULL)
    )
) STRICT, WITHOUT ROWID;

-- What a worker looks for. Not by organization: the longest due comes first, whosever it is.
CREATE INDEX accounts_due ON accounts (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
-- A connection's accounts, for lists and for deleting it.
CREATE INDEX accounts_connection ON accounts (organization_id, connection_id, user_id);
-- A user who is gone from the vendor stands against nobody: a clinician who comes back may be given the same id.
CREATE UNIQUE INDEX accounts_vendor_user_id_key ON accounts (organization_id, connection_id, vendor_user_id)
    WHERE vendor_user_id IS NOT NULL AND removed_at IS NULL;

-- There is one writer at a time, so that a user and a connection that are made at once cannot miss each other: the second
-- sees the first. As triggers, the accounts are part of the one statement that writes the user or the connection.
CREATE TRIGGER accounts_of_new_user AFTER INSERT ON users
BEGIN
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
    SELECT new.organization_id, new.id, c.id, new.version, new.updated_at, new.updated_at
    FROM connections c
    WHERE c.organization_id = new.organization_id;
END;

CREATE TRIGGER accounts_of_changed_user AFTER UPDATE OF version ON users
BEGIN
    UPDATE accounts SET
        desired_version = new.version,
        -- max() of a null is null.
        next_attempt_at = max(new.updated_at, coalesce(retry_floor, new.updated_at)),
        attempts = 0, last_error = NULL, attention_cause = NULL, attention_message = NULL, attention_remedy = NULL,
        attention_since = NULL, updated_at = new.updated_at
    WHERE organization_id = new.organization_id AND user_id = new.id;
END;

CREATE TRIGGER accounts_of_new_connection AFTER INSERT ON connections
BEGIN
    INSERT INTO accounts (organization_id, user_id, connection_id, desired_version, next_attempt_at, updated_at)
    SELECT u.organization_id, u.id, new.id, u.version, new.created_at, new.created_at
    FROM users u
    WHERE u.organization_id = new.organization_id AND u.deleted_at IS NULL;
END;

CREATE TABLE idempotency_keys (
    organization_id BLOB    NOT NULL,
    key             TEXT    NOT NULL,
    fingerprint     BLOB    NOT NULL,
    -- What the request makes gets this id.
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    begun_at        INTEGER NOT NULL,
    -- How many processes began it: 1 unless one fell silent.
    begun_times     INTEGER NOT NULL DEFAULT 1,
    -- Sealed, for it may hold a key that is shown only once.
    answer          BLOB,
    answered_at     INTEGER,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, key),
    CONSTRAINT idempotency_keys_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT;

CREATE INDEX idempotency_keys_age ON idempotency_keys (begun_at);

CREATE TABLE user_sessions (
    organization_id BLOB    NOT NULL,
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    user_id         BLOB    NOT NULL,
    expires_at      INTEGER NOT NULL,
    CONSTRAINT user_sessions_pkey PRIMARY KEY (organization_id, id),
    -- Tokens carry the session's id only.
    CONSTRAINT user_sessions_id_key UNIQUE (id),
    CONSTRAINT user_sessions_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX user_sessions_user ON user_sessions (organization_id, user_id);
CREATE INDEX user_sessions_expiry ON user_sessions (expires_at);
