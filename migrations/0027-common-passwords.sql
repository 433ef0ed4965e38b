-- Common passwords are refused from now on (NIST SP 800-63B-4), also in the user store that every server has, where nobody has
-- ever changed a setting of it.
update connections set options = jsonb_set(options, '{password_dictionary,enable}', 'true')
where name = 'Username-Password-Authentication' and updated_at = created_at
  and options->'password_dictionary' = '{"enable": false, "dictionary": []}'::jsonb;
