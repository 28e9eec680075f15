-- Who had a vendor's id before being removed: asked for each of a vendor's users when they are pulled.
CREATE INDEX accounts_former_vendor_user_id ON accounts (organization_id, connection_id, vendor_user_id)
    WHERE vendor_user_id IS NOT NULL AND removed_at IS NOT NULL;
