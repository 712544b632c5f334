-- Grows with whatever is written beside the data: inputs and runs.  A file is written before its readers see it, so of an
-- answer only a number that was read with it says how old it is.
ALTER TABLE meta ADD COLUMN writes INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER input_written AFTER INSERT ON input BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER input_rewritten AFTER UPDATE ON input BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER input_removed AFTER DELETE ON input BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER kept_written AFTER INSERT ON kept BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER kept_removed AFTER DELETE ON kept BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER run_written AFTER INSERT ON run BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER run_rewritten AFTER UPDATE ON run BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER run_removed AFTER DELETE ON run BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER import_state_written AFTER INSERT ON import_state BEGIN UPDATE meta SET writes = writes + 1; END;
CREATE TRIGGER import_state_rewritten AFTER UPDATE ON import_state BEGIN UPDATE meta SET writes = writes + 1; END;
