-- The newest audit rows of an action, of an actor, and what did not go well, without reading all the others.
create index ground_audit_by_action on ground_audit (org_id, action, id);
create index ground_audit_by_actor on ground_audit (org_id, actor, id);
create index ground_audit_not_ok on ground_audit (org_id, outcome, id) where outcome <> 'ok';
