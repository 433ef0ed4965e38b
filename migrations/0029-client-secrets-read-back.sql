-- Secrets that can be read back, where the operator wants that (CLIENT_SECRETS=encrypted): AES-256-GCM under a key from USHER_SECRET. Who is
-- who is judged by secret_hash in any case.
alter table clients add column secret_sealed bytea;
