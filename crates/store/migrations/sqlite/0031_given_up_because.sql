-- Why an operation was given up, when it was for something else that was asked for. Its owner is told.
ALTER TABLE operations ADD COLUMN given_up_because TEXT;
