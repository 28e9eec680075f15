-- What the vendors' own APIs need: Nabla Connect's pinned version, Upheal's links and fields of a person, Corti's
-- customers and initial passwords.

ALTER TABLE organizations
    -- Null is the newest that is released.
    ADD COLUMN nabla_connect_version text,
    -- What the organization's links are derived from: 32 random bytes, made when the first link is asked for.
    ADD COLUMN link_key              bytea;

-- The default customer of an organization is not among them; its users have none.
CREATE TABLE customers (
    organization_id uuid             NOT NULL,
    -- Compared and sorted byte by byte, whatever the database's locale.
    customer_id     text COLLATE "C" NOT NULL,
    display_name    text             NOT NULL,
    tenant_name     text             NOT NULL,
    region          text             NOT NULL,
    is_nfr          boolean          NOT NULL,
    created_at      timestamptz      NOT NULL,
    version         bigint           NOT NULL,
    CONSTRAINT customers_pkey PRIMARY KEY (organization_id, customer_id),
    CONSTRAINT customers_organization_fkey FOREIGN KEY (organization_id) REFERENCES organizations (id)
);

CREATE INDEX customers_age ON customers (organization_id, created_at, customer_id);

ALTER TABLE users
    ADD COLUMN customer_id          text COLLATE "C",
    ADD COLUMN default_session_type text,
    ADD COLUMN pronoun              text,
    -- YYYY-MM-DD.
    ADD COLUMN date_of_birth        text,
    -- Sealed with the operator's secret key, and null once a vendor has it.
    ADD COLUMN initial_password     bytea,
    -- So that "no user is in the customer" is the foreign key's to say.
    ADD CONSTRAINT users_tombstone_check
        CHECK (deleted_at IS NULL OR (customer_id IS NULL AND initial_password IS NULL)),
    ADD CONSTRAINT users_customer_fkey FOREIGN KEY (organization_id, customer_id)
        REFERENCES customers (organization_id, customer_id) ON UPDATE CASCADE ON DELETE RESTRICT;

-- A customer's users, for lists and for the foreign key. Not only of those who are not deleted: the foreign key does not
-- say that it asks for no others, and would not find the index.
CREATE INDEX users_customer ON users (organization_id, customer_id, id);
