-- Token buckets that all nodes share. A bucket's whole state is the moment at which it will be full again; a bucket that has
-- no row is full. The moments are those of the database's clock, so the clocks of nodes don't matter.
create table rate_limit_buckets (
  key           text primary key,
  full_at       timestamptz not null,
  -- Whole hours, so that the index on it changes seldom while full_at changes with every request.
  forget_after  timestamptz not null
);
create index rate_limit_buckets_forget_after on rate_limit_buckets (forget_after);
