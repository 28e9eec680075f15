-- Tombstones of those who had no name of their own, by the address that they were shown by, to bring them back.
CREATE INDEX users_former_email ON users (organization_id, email_folded, deleted_at)
    WHERE deleted_at IS NOT NULL AND user_name_folded IS NULL AND email_folded IS NOT NULL;
