-- Who made the link that a person's key came of: they do not answer for that key too. NULL: the
-- server itself, for the first admin.
ALTER TABLE link ADD COLUMN made_by INTEGER;
ALTER TABLE person ADD COLUMN link_by INTEGER;
