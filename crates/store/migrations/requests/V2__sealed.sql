-- Answers are sealed from here on: those of the day before are forgotten.
DELETE FROM request;
