-- One of each version, also where there is no project
CREATE UNIQUE INDEX print_template_version_once ON print_template_version
  (kind, paper, language, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), version);

-- The same picture once at each place
CREATE UNIQUE INDEX print_picture_once ON print_picture
  (file_hash, coalesce(project_id, '00000000-0000-0000-0000-000000000000'));
