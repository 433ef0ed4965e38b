-- Settings that name what is gone had no effect, and a default organization that is gone kept its client from having tokens. From now on
-- what they name is looked at when they are set, and deleting it takes them away.
update settings set value = value || '{"defaultAudience": null}'
where key = 'tenant' and value->>'defaultAudience' not in (select identifier from resource_servers);

update settings set value = value || '{"defaultDirectory": null}'
where key = 'tenant' and value->>'defaultDirectory' not in
  (select name from connections where strategy = 'auth0' and deleted_at is null);

update clients set settings = settings #- '{extra,default_organization}'
where settings->'extra'->'default_organization'->>'organization_id' not in
  (select id from organizations where deleted_at is null);
