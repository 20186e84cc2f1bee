-- Newest first, of all, of a project and of a device; id makes the order total. The one of a project also counts days.
create index access_event_at on access_event (at desc, id desc);
create index access_event_project on access_event (project_id, at desc, id desc);
create index access_event_device on access_event (device_id, at desc, id desc);
create index attendance_event_at on attendance_event (at desc, id desc);
create index attendance_event_project on attendance_event (project_id, at desc, id desc);
create index attendance_event_device on attendance_event (device_id, at desc, id desc);
create index door_event_at on door_event (at desc, id desc);
create index door_event_project on door_event (project_id, at desc, id desc);
create index door_event_device on door_event (device_id, at desc, id desc);
create index vehicle_event_at on vehicle_event (at desc, id desc);
create index vehicle_event_project on vehicle_event (project_id, at desc, id desc);
create index vehicle_event_device on vehicle_event (device_id, at desc, id desc);
create index alarm_event_at on alarm_event (at desc, id desc);
create index alarm_event_project on alarm_event (project_id, at desc, id desc);
create index alarm_event_device on alarm_event (device_id, at desc, id desc);

-- What people search by: the beginning of a word, whatever its case.
create index access_event_person on access_event (lower(person) text_pattern_ops, at desc);
create index access_event_person_name on access_event (lower(person_name) text_pattern_ops, at desc);
create index access_event_card on access_event (lower(card) text_pattern_ops, at desc);
create index access_event_door on access_event (lower(door) text_pattern_ops, at desc);
create index attendance_event_person on attendance_event (lower(person) text_pattern_ops, at desc);
create index attendance_event_person_name on attendance_event (lower(person_name) text_pattern_ops, at desc);
create index door_event_door on door_event (lower(door) text_pattern_ops, at desc);
create index vehicle_event_plate on vehicle_event (lower(plate) text_pattern_ops, at desc);
create index alarm_event_code on alarm_event (lower(code) text_pattern_ops, at desc);

-- An event is what a device said once.
create trigger access_event_append_only before update or delete on access_event
  for each row execute function refuse_change();
create trigger access_event_no_truncate before truncate on access_event execute function refuse_change();
create trigger attendance_event_append_only before update or delete on attendance_event
  for each row execute function refuse_change();
create trigger attendance_event_no_truncate before truncate on attendance_event execute function refuse_change();
create trigger door_event_append_only before update or delete on door_event
  for each row execute function refuse_change();
create trigger door_event_no_truncate before truncate on door_event execute function refuse_change();
create trigger vehicle_event_append_only before update or delete on vehicle_event
  for each row execute function refuse_change();
create trigger vehicle_event_no_truncate before truncate on vehicle_event execute function refuse_change();
create trigger alarm_event_append_only before update or delete on alarm_event
  for each row execute function refuse_change();
create trigger alarm_event_no_truncate before truncate on alarm_event execute function refuse_change();
