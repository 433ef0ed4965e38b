-- Mails that have failed for good, counted without reading all that were sent.
create index messages_failed on messages (created_at desc, id desc) where state = 'failed';
