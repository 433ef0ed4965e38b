-- Every flow is that of an invitation: a new password and a sign-up need none.
delete from invitation_flows where kind <> 'invitation';
-- The index over this column goes with it.
alter table invitation_flows drop column kind;
alter table invitation_flows rename column subject_id to invitation_id;
create unique index invitation_flows_under_way on invitation_flows (invitation_id) where completed_at is null;
update invitation_flows set state = state - 'mail';
