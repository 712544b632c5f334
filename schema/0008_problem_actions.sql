-- What was done about inputs that were not stored: tried again, set aside by the owner.

ALTER TABLE input ADD COLUMN was TEXT;	-- the reason before it was tried again and something else became of it
ALTER TABLE input ADD COLUMN again_at INTEGER;	-- the last time that the kept bytes were tried again; NULL: never
ALTER TABLE input ADD COLUMN dismissed_at INTEGER;	-- NULL: it is to be looked at
CREATE INDEX input_dismissed ON input (outcome) WHERE dismissed_at IS NOT NULL;
