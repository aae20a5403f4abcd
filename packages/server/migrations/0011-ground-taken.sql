-- How many events after its position a follower was handed and has not answered for: what was in hand when its
-- process died.
alter table ground_followers add column taken integer not null default 0;
