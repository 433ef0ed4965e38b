-- Of those an import found: in how many nothing differed. They are counted as updated, too.
alter table segments add column unchanged integer not null default 0;
