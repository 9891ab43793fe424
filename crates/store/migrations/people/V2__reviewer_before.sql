-- Whose key was lost with their password is the same reviewer again, once another is admitted.
ALTER TABLE person ADD COLUMN reviewer_before INTEGER;
