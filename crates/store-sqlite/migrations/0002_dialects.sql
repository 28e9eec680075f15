-- What the vendors' own APIs need: Nabla Connect's pinned version, Upheal's links and fields of a person, Corti's
-- customers and initial passwords.

-- Null is the newest that is released.
ALTER TABLE organizations ADD COLUMN nabla_connect_version TEXT;
-- What the organization's links are derived from: 32 random bytes, made when the first link is asked for.
ALTER TABLE organizations ADD COLUMN link_key BLOB;

-- The default customer of an organization is not among them; its users have none.
CREATE TABLE customers (
    organization_id BLOB    NOT NULL,
    customer_id     TEXT    NOT NULL,
    display_name    TEXT    NOT NULL,
    tenant_name     TEXT    NOT NULL,
    region          TEXT    NOT NULL,
    is_nfr          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (organization_id, customer_id),
    CONSTRAINT customers_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX customers_age ON customers (organization_id, created_at, customer_id);

-- The checks see to it that "no user is in the customer" is a matter of this column alone.
ALTER TABLE users ADD COLUMN customer_id TEXT
    CONSTRAINT users_tombstone_customer_check CHECK (deleted_at IS NULL OR customer_id IS NULL);
ALTER TABLE users ADD COLUMN default_session_type TEXT;
ALTER TABLE users ADD COLUMN pronoun TEXT;
-- YYYY-MM-DD.
ALTER TABLE users ADD COLUMN date_of_birth TEXT;
-- Sealed with the operator's secret key, and null once a vendor has it.
ALTER TABLE users ADD COLUMN initial_password BLOB
    CONSTRAINT users_tombstone_password_check CHECK (deleted_at IS NULL OR initial_password IS NULL);

-- A customer's users, for lists and for the triggers below.
CREATE INDEX users_customer ON users (organization_id, customer_id, id);

-- A foreign key over two columns cannot be added to a table that is there, and these triggers do what it would do. They
-- are the only ones that raise: a write that a trigger stands against names a customer that is not there, or would leave
-- users in one that is no more. They come after the write, so that unique constraints speak first.
CREATE TRIGGER users_customer_of_new_user AFTER INSERT ON users
WHEN new.customer_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM customers WHERE organization_id = new.organization_id AND customer_id = new.customer_id
)
BEGIN
    SELECT raise(ABORT, 'the customer of the user is not there');
END;

CREATE TRIGGER users_customer_of_changed_user AFTER UPDATE OF organization_id, customer_id ON users
WHEN new.customer_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM customers WHERE organization_id = new.organization_id AND customer_id = new.customer_id
)
BEGIN
    SELECT raise(ABORT, 'the customer of the user is not there');
END;

CREATE TRIGGER users_of_deleted_customer AFTER DELETE ON customers
WHEN EXISTS (
    SELECT 1 FROM users WHERE organization_id = old.organization_id AND customer_id = old.customer_id
)
BEGIN
    SELECT raise(ABORT, 'users are in the customer');
END;

-- The version of the users stays as it is, and so what their accounts must catch up with.
CREATE TRIGGER users_of_renamed_customer AFTER UPDATE OF customer_id ON customers
WHEN new.customer_id <> old.customer_id
BEGIN
    UPDATE users SET customer_id = new.customer_id
    WHERE organization_id = old.organization_id AND customer_id = old.customer_id;
END;
