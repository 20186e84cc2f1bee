/* Reads the blocks of a file round and round with libmodbus, one thread and connection per bus, for some
 * seconds; prints {"registers":…,"requests":…,"errors":…,"seconds":…,"cpuSeconds":…}.
 * Lines of the file: bus port unit function address count. */
#include <modbus/modbus.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MAX_BUSES 64

struct block { int unit, function, address, count; };
struct bus {
  int port;
  int blocks, capacity;
  struct block *block;
  long registers, requests, errors;
  pthread_t thread;
};

static struct bus buses[MAX_BUSES];
static double seconds;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int read_block(modbus_t *link, const struct block *b) {
  uint16_t words[125];
  uint8_t bits[2000];
  switch (b->function) {
  case 1: return modbus_read_bits(link, b->address, b->count, bits);
  case 2: return modbus_read_input_bits(link, b->address, b->count, bits);
  case 3: return modbus_read_registers(link, b->address, b->count, words);
  default: return modbus_read_input_registers(link, b->address, b->count, words);
  }
}

static void *run(void *argument) {
  struct bus *bus = argument;
  modbus_t *link = modbus_new_tcp("127.0.0.1", bus->port);
  if (link == NULL || modbus_connect(link) != 0) {
    bus->errors++;
    return NULL;
  }
  double end = now() + seconds;
  while (now() < end) {
    for (int i = 0; i < bus->blocks && now() < end; i++) {
      modbus_set_slave(link, bus->block[i].unit);
      int got = read_block(link, &bus->block[i]);
      bus->requests++;
      if (got == bus->block[i].count) bus->registers += got;
      else bus->errors++;
    }
  }
  modbus_close(link);
  modbus_free(link);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  seconds = atof(argv[2]);
  FILE *file = fopen(argv[1], "r");
  if (file == NULL) return 2;
  int number, port;
  struct block b;
  while (fscanf(file, "%d %d %d %d %d %d", &number, &port, &b.unit, &b.function, &b.address, &b.count) == 6) {
    if (number < 0 || number >= MAX_BUSES) return 2;
    struct bus *bus = &buses[number];
    bus->port = port;
    if (bus->blocks == bus->capacity) {
      bus->capacity = bus->capacity ? bus->capacity * 2 : 64;
      bus->block = realloc(bus->block, bus->capacity * sizeof b);
      if (bus->block == NULL) return 2;
    }
    bus->block[bus->blocks++] = b;
  }
  fclose(file);
  double began = now();
  for (int i = 0; i < MAX_BUSES; i++)
    if (buses[i].blocks) pthread_create(&buses[i].thread, NULL, run, &buses[i]);
  long registers = 0, requests = 0, errors = 0;
  for (int i = 0; i < MAX_BUSES; i++) {
    if (!buses[i].blocks) continue;
    pthread_join(buses[i].thread, NULL);
    registers += buses[i].registers;
    requests += buses[i].requests;
    errors += buses[i].errors;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"registers\":%ld,\"requests\":%ld,\"errors\":%ld,\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n",
         registers, requests, errors, now() - began, cpu);
  return 0;
}
