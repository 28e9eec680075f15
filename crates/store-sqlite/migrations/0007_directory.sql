-- What identity providers bring: names that they know users by, attributes that are kept for them, searching, and groups
-- of users, which can be tied to connections.

ALTER TABLE users ADD COLUMN user_name TEXT;
ALTER TABLE users ADD COLUMN user_name_folded TEXT
    CONSTRAINT users_user_name_check CHECK ((user_name IS NULL) = (user_name_folded IS NULL));
-- Attributes that Roster keeps for identity providers and has no use for.
ALTER TABLE users ADD COLUMN scim TEXT NOT NULL DEFAULT '{}';
-- What the user is searched by, in which moments are microseconds since 1970. Null where an older Roster wrote the row.
ALTER TABLE users ADD COLUMN search TEXT;

CREATE UNIQUE INDEX users_user_name_key ON users (organization_id, user_name_folded) WHERE deleted_at IS NULL;
-- The expressions are letter by letter those of the searches.
CREATE INDEX users_search_user_name ON users (organization_id, json_extract(search, '$."userName"'), id)
    WHERE deleted_at IS NULL;
CREATE INDEX users_search_external_id ON users (organization_id, json_extract(search, '$."externalId"'), id)
    WHERE deleted_at IS NULL;
CREATE INDEX users_not_searchable ON users (organization_id, id) WHERE search IS NULL AND deleted_at IS NULL;
-- Tombstones by what they were called, to bring them back.
CREATE INDEX users_former_external_id ON users (organization_id, external_id, deleted_at)
    WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
CREATE INDEX users_former_user_name ON users (organization_id, user_name_folded, deleted_at)
    WHERE deleted_at IS NOT NULL AND user_name_folded IS NOT NULL;

CREATE TABLE groups (
    organization_id BLOB    NOT NULL,
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    name            TEXT    NOT NULL,
    external_id     TEXT,
    -- As with users.
    search          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    CONSTRAINT groups_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT groups_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT groups_external_id_key UNIQUE (organization_id, external_id)
) STRICT;

CREATE INDEX groups_search_display_name ON groups (organization_id, json_extract(search, '$."displayName"'), id);
CREATE INDEX groups_search_external_id ON groups (organization_id, json_extract(search, '$."externalId"'), id);

CREATE TABLE group_members (
    organization_id BLOB NOT NULL,
    group_id        BLOB NOT NULL,
    user_id         BLOB NOT NULL,
    CONSTRAINT group_members_pkey PRIMARY KEY (organization_id, group_id, user_id),
    CONSTRAINT group_members_group_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT group_members_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_user ON group_members (organization_id, user_id, group_id);

-- Whoever is in the group is assigned to the connection, if that takes the chosen.
CREATE TABLE group_connections (
    organization_id BLOB NOT NULL,
    group_id        BLOB NOT NULL,
    connection_id   BLOB NOT NULL,
    CONSTRAINT group_connections_pkey PRIMARY KEY (organization_id, group_id, connection_id),
    CONSTRAINT group_connections_group_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT group_connections_connection_fkey FOREIGN KEY (organization_id, connection_id)
        REFERENCES connections (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX group_connections_connection ON group_connections (organization_id, connection_id, group_id);

-- A tombstone is in no group.
CREATE TRIGGER groups_of_deleted_user AFTER UPDATE OF deleted_at ON users
WHEN new.deleted_at IS NOT NULL AND old.deleted_at IS NULL
BEGIN
    DELETE FROM group_members WHERE organization_id = new.organization_id AND user_id = new.id;
END;

-- Whether the user was assigned one by one. Where the connection takes the chosen, is_assigned is this, or that the user
-- is in a group that is tied to it.
ALTER TABLE accounts ADD COLUMN is_chosen INTEGER NOT NULL DEFAULT 0;

UPDATE accounts SET is_chosen = is_assigned
FROM connections
WHERE connections.organization_id = accounts.organization_id AND connections.id = accounts.connection_id
  AND NOT connections.takes_all;

-- The one surface that the client opens; null where it opens all.
ALTER TABLE api_clients ADD COLUMN surface TEXT;
