ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_records_check" CHECK ("records" IN ('all', 'department', 'own'));
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_place_check"
  CHECK (NOT "all_projects" OR cardinality("project_ids" || "building_ids") = 0);
ALTER TABLE "department" ADD CONSTRAINT "department_parent_check" CHECK ("parent_id" <> "id");
