-- A file goes when nothing refers to it any more: every column that names one says so here, and is indexed for that.
ALTER TABLE attachment
  ADD CONSTRAINT attachment_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_small FOREIGN KEY (small_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_medium FOREIGN KEY (medium_hash) REFERENCES stored_file (hash),
  ADD CONSTRAINT attachment_uploader FOREIGN KEY (uploaded_by) REFERENCES app_user (id),
  ADD CONSTRAINT attachment_record CHECK (
    (record_id IS NULL) = (resource IS NULL) AND (record_id IS NULL) = (field IS NULL)
    AND (released_at IS NULL OR record_id IS NOT NULL));
CREATE INDEX attachment_file_hash ON attachment (file_hash);
CREATE INDEX attachment_small_hash ON attachment (small_hash);
CREATE INDEX attachment_medium_hash ON attachment (medium_hash);
CREATE INDEX attachment_waiting ON attachment (uploaded_by, uploaded_at) WHERE record_id IS NULL;
CREATE INDEX attachment_released ON attachment (released_at) WHERE released_at IS NOT NULL;

ALTER TABLE floor_plan ADD CONSTRAINT floor_plan_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash);
CREATE INDEX floor_plan_file_hash ON floor_plan (file_hash);
ALTER TABLE handover_item ADD CONSTRAINT handover_item_photo FOREIGN KEY (photo_hash) REFERENCES stored_file (hash);
CREATE INDEX handover_item_photo_hash ON handover_item (photo_hash) WHERE photo_hash IS NOT NULL;
ALTER TABLE manual_read ADD CONSTRAINT manual_read_photo FOREIGN KEY (photo_sha256) REFERENCES stored_file (hash);
CREATE INDEX manual_read_photo_sha256 ON manual_read (photo_sha256) WHERE photo_sha256 IS NOT NULL;
ALTER TABLE reading_photo ADD CONSTRAINT reading_photo_file FOREIGN KEY (sha256) REFERENCES stored_file (hash);
ALTER TABLE reading_entry ADD CONSTRAINT reading_entry_photo FOREIGN KEY (photo_sha256) REFERENCES stored_file (hash);
CREATE INDEX reading_entry_photo_sha256 ON reading_entry (photo_sha256) WHERE photo_sha256 IS NOT NULL;
ALTER TABLE print_picture ADD CONSTRAINT print_picture_file FOREIGN KEY (file_hash) REFERENCES stored_file (hash);
