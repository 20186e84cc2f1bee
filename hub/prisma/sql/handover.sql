ALTER TABLE handover ADD CONSTRAINT handover_state CHECK (
  state IN ('planned', 'notified', 'appointed', 'inspecting', 'completed', 'cancelled'));
-- A room is being handed over once at a time
CREATE UNIQUE INDEX handover_open ON handover (room_id) WHERE state NOT IN ('completed', 'cancelled');
ALTER TABLE handover ADD CONSTRAINT handover_room FOREIGN KEY (room_id) REFERENCES room (id);
ALTER TABLE handover_item ADD CONSTRAINT handover_item_result CHECK (result IN ('ok', 'defect'));

ALTER TABLE defect ADD CONSTRAINT defect_state CHECK (state IN ('open', 'fixing', 'fixed', 'accepted', 'waived'));
ALTER TABLE defect ADD CONSTRAINT defect_room FOREIGN KEY (room_id) REFERENCES room (id);

ALTER TABLE owner_change ADD CONSTRAINT owner_change_settlement CHECK (
  settlement IN ('nothingDue', 'staysWithSeller', 'takenOver'));
CREATE UNIQUE INDEX owner_change_once ON owner_change (room_id, at);

ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_state CHECK (
  state IN ('submitted', 'approved', 'rejected', 'working', 'finished', 'closed', 'cancelled'));
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_deposit CHECK (
  deposit_state IN ('none', 'due', 'held', 'refunded', 'kept') AND deposit_amount >= 0
  AND (refunded_amount IS NULL OR refunded_amount BETWEEN 0 AND deposit_amount));
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_days CHECK (ends_on >= starts_on);
ALTER TABLE fit_out_permit ADD CONSTRAINT fit_out_permit_room FOREIGN KEY (room_id) REFERENCES room (id);
ALTER TABLE fit_out_inspection ADD CONSTRAINT fit_out_inspection_result CHECK (result IN ('ok', 'defect'));
