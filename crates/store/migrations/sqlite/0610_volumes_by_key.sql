-- Whose a key is, is asked whenever somebody wants to have it.

CREATE INDEX volumes_by_key ON volumes (encryption_key_id) WHERE encryption_key_id IS NOT NULL;
