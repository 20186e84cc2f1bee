ALTER TABLE reading_route ADD CONSTRAINT reading_route_due_day CHECK (due_day BETWEEN 1 AND 28);
ALTER TABLE reading_task ADD CONSTRAINT reading_task_state CHECK (state IN ('open', 'cancelled'));
ALTER TABLE reading_task_point ADD CONSTRAINT reading_task_point_state CHECK (
  state IN ('open', 'read', 'unreadable', 'setAside') AND (state = 'open') = (entry_id IS NULL));
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_outcome CHECK (outcome IN ('stored', 'setAside', 'rejected'));
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_says_something CHECK ((index IS NULL) <> (unreadable IS NULL));
ALTER TABLE reading_route ADD CONSTRAINT reading_route_assignee FOREIGN KEY (assignee_id) REFERENCES app_user (id);
ALTER TABLE reading_task ADD CONSTRAINT reading_task_assignee FOREIGN KEY (assignee_id) REFERENCES app_user (id);
CREATE INDEX reading_entry_set_aside ON reading_entry (task_id) WHERE outcome = 'setAside';
