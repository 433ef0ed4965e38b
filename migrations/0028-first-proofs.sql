-- An account that somebody made for themselves belongs to whoever reads the mail of its address, and until that is shown anybody may
-- have made it. `unproven` holds what came with such a sign-up (profile, user metadata; `{}` where that is not known); null: made by an
-- operator, or proved since. The first proof of the address removes what was planted, and this.
alter table users add column unproven jsonb;
-- Those who signed up as far as the log remembers.
update users set unproven = '{}' from logs
  where logs.type = 'ss' and logs.user_id = users.id and not users.email_verified and users.email is not null;
