-- One configuration at a time is on its way to a gateway, and one runs
CREATE UNIQUE INDEX gateway_config_pending ON gateway_config (gateway_id) WHERE state = 'pending';
CREATE UNIQUE INDEX gateway_config_running ON gateway_config (gateway_id) WHERE state = 'running';
ALTER TABLE gateway_config ADD CONSTRAINT gateway_config_state
  CHECK (state IN ('draft', 'pending', 'running', 'refused', 'rolledBack', 'superseded'));
