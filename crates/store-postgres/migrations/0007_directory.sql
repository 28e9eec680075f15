-- What identity providers bring: names that they know users by, attributes that are kept for them, searching, and groups
-- of users, which can be tied to connections.

ALTER TABLE users
    ADD COLUMN user_name        text,
    ADD COLUMN user_name_folded text,
    -- Attributes that Roster keeps for identity providers and has no use for.
    ADD COLUMN scim             jsonb NOT NULL DEFAULT '{}',
    -- What the user is searched by, in which moments are microseconds since 1970. Null where an older Roster wrote the
    -- row.
    ADD COLUMN search           jsonb,
    ADD CONSTRAINT users_user_name_check CHECK ((user_name IS NULL) = (user_name_folded IS NULL));

CREATE UNIQUE INDEX users_user_name_key ON users (organization_id, user_name_folded) WHERE deleted_at IS NULL;
-- The expressions and their order are those of the searches: by code point, whatever the database's locale.
CREATE INDEX users_search_user_name ON users (organization_id, (search ->> 'userName') COLLATE "C", id)
    WHERE deleted_at IS NULL;
CREATE INDEX users_search_external_id ON users (organization_id, (search ->> 'externalId') COLLATE "C", id)
    WHERE deleted_at IS NULL;
CREATE INDEX users_not_searchable ON users (organization_id, id) WHERE search IS NULL AND deleted_at IS NULL;
-- Tombstones by what they were called, to bring them back.
CREATE INDEX users_former_external_id ON users (organization_id, external_id, deleted_at)
    WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
CREATE INDEX users_former_user_name ON users (organization_id, user_name_folded, deleted_at)
    WHERE deleted_at IS NOT NULL AND user_name_folded IS NOT NULL;

CREATE TABLE groups (
    organization_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    name            text        NOT NULL,
    external_id     text,
    -- As with users.
    search          jsonb       NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         bigint      NOT NULL,
    CONSTRAINT groups_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT groups_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id),
    CONSTRAINT groups_external_id_key UNIQUE (organization_id, external_id)
);

CREATE INDEX groups_search_display_name ON groups (organization_id, (search ->> 'displayName') COLLATE "C", id);
CREATE INDEX groups_search_external_id ON groups (organization_id, (search ->> 'externalId') COLLATE "C", id);

CREATE TABLE group_members (
    organization_id uuid NOT NULL,
    group_id        uuid NOT NULL,
    user_id         uuid NOT NULL,
    CONSTRAINT group_members_pkey PRIMARY KEY (organization_id, group_id, user_id),
    CONSTRAINT group_members_group_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT group_members_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX group_members_user ON group_members (organization_id, user_id, group_id);

-- Whoever is in the group is assigned to the connection, if that takes the chosen.
CREATE TABLE group_connections (
    organization_id uuid NOT NULL,
    group_id        uuid NOT NULL,
    connection_id   uuid NOT NULL,
    CONSTRAINT group_connections_pkey PRIMARY KEY (organization_id, group_id, connection_id),
    CONSTRAINT group_connections_group_fkey FOREIGN KEY (organization_id, group_id)
        REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT group_connections_connection_fkey FOREIGN KEY (organization_id, connection_id)
        REFERENCES connections (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX group_connections_connection ON group_connections (organization_id, connection_id, group_id);

-- A tombstone is in no group. As a trigger, and not as a part of the statement that deletes the user: that statement sees
-- the database as it was when it began, and would miss a group that the user came into while it waited for the user.
CREATE FUNCTION leave_groups() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    DELETE FROM group_members WHERE organization_id = new.organization_id AND user_id = new.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER groups_of_deleted_user AFTER UPDATE OF deleted_at ON users
FOR EACH ROW WHEN (new.deleted_at IS NOT NULL AND old.deleted_at IS NULL)
EXECUTE FUNCTION leave_groups();

-- Whether the user was assigned one by one. Where the connection takes the chosen, is_assigned is this, or that the user
-- is in a group that is tied to it.
ALTER TABLE accounts ADD COLUMN is_chosen boolean NOT NULL DEFAULT false;

UPDATE accounts a SET is_chosen = a.is_assigned
FROM connections c
WHERE c.organization_id = a.organization_id AND c.id = a.connection_id AND NOT c.takes_all;

-- The one surface that the client opens; null where it opens all.
ALTER TABLE api_clients ADD COLUMN surface text;
