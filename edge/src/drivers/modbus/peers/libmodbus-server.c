/* A Modbus unit by libmodbus: `libmodbus-server rtu <path>` or `tcp <port>`. Unit 7 with 200 coils, inputs, holding
 * and input registers: coil i is on when i is divisible by 3, input i when by 2, holding register i is 257 * i, input
 * register i is 40000 + i. Prints "ready". */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT 200

static modbus_mapping_t *new_mapping(void) {
  modbus_mapping_t *map = modbus_mapping_new(COUNT, COUNT, COUNT, COUNT);
  if (map == NULL) exit(2);
  for (int i = 0; i < COUNT; i++) {
    map->tab_bits[i] = i % 3 == 0;
    map->tab_input_bits[i] = i % 2 == 0;
    map->tab_registers[i] = (uint16_t)(257 * i);
    map->tab_input_registers[i] = (uint16_t)(40000 + i);
  }
  return map;
}

/* Answers until the connection ends. libmodbus gives 0 for requests to other units. */
static void serve(modbus_t *link, modbus_mapping_t *map) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  for (;;) {
    int length = modbus_receive(link, query);
    if (length > 0) modbus_reply(link, query, length, map);
    else if (length == -1 && errno != EMBBADCRC && errno != ETIMEDOUT) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  modbus_mapping_t *map = new_mapping();
  if (strcmp(argv[1], "rtu") == 0) {
    modbus_t *link = modbus_new_rtu(argv[2], 9600, 'N', 8, 1);
    if (link == NULL || modbus_set_slave(link, 7) != 0 || modbus_connect(link) != 0) return 2;
    puts("ready");
    fflush(stdout);
    serve(link, map);
    return 0;
  }
  modbus_t *link = modbus_new_tcp("127.0.0.1", atoi(argv[2]));
  if (link == NULL || modbus_set_slave(link, 7) != 0) return 2;
  int listener = modbus_tcp_listen(link, 4);
  if (listener == -1) return 2;
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (modbus_tcp_accept(link, &listener) == -1) return 0;
    serve(link, map);
    modbus_close(link);
  }
}
