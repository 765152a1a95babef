// Bytes from one ROUTER to several DEALERs over TCP on the loopback interface, in chunks of 1 MiB pulled on credit, with bare
// libzmq: no envelope, no digest, nothing checked. What `ppocoder bench weights` is compared with.
//
//     router_credit MEGABYTES RECEIVERS CREDITS [SLOW_MILLISECONDS]
//
// Every receiver has a thread and a context of its own, as in the benchmark. Prints the seconds until the last of them has
// everything, and the processor seconds of the process; a receiver that waits SLOW_MILLISECONDS after every chunk is the
// first one, and not counted.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { chunk_bytes = 1 << 20 };

static size_t total, chunks;
static int credits, slow_milliseconds;
static char endpoint[256];
static unsigned char *weights;
static pthread_barrier_t start;

struct receiver {
    pthread_t thread;
    int is_slow, is_right;
    double seconds;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void must(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "router_credit: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void ask(void *socket, uint64_t index) {
    must(zmq_send(socket, &index, sizeof index, 0) == sizeof index, "zmq_send");
}

static void *receive(void *argument) {
    struct receiver *self = argument;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    int linger = 0, high_water = 64;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &high_water, sizeof high_water);
    must(zmq_connect(socket, endpoint) == 0, "zmq_connect");
    unsigned char *room = malloc(total);
    pthread_barrier_wait(&start);
    uint64_t asked = 0;
    while (asked < chunks && asked < (uint64_t)credits) ask(socket, asked++);
    for (size_t done = 0; done < chunks; done++) {
        uint64_t index;
        must(zmq_recv(socket, &index, sizeof index, 0) == sizeof index, "zmq_recv");
        size_t offset = index * chunk_bytes, count = total - offset < chunk_bytes ? total - offset : chunk_bytes;
        must(zmq_recv(socket, room + offset, count, 0) == (int)count, "zmq_recv");
        if (asked < chunks) ask(socket, asked++);
        if (self->is_slow) usleep((useconds_t)slow_milliseconds * 1000);
    }
    self->seconds = now();
    self->is_right = memcmp(room, weights, total) == 0;
    free(room);
    zmq_close(socket);
    zmq_ctx_term(context);
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 4) return fprintf(stderr, "usage: router_credit MEGABYTES RECEIVERS CREDITS [SLOW_MILLISECONDS]\n"), 2;
    total = (size_t)atol(arguments[1]) * 1000000;
    int receivers = atoi(arguments[2]);
    credits = atoi(arguments[3]);
    slow_milliseconds = count > 4 ? atoi(arguments[4]) : 0;
    chunks = (total + chunk_bytes - 1) / chunk_bytes;
    weights = malloc(total);
    for (size_t i = 0; i < total; i++) weights[i] = (unsigned char)(i * 2654435761u >> 13);

    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    int high_water = 64, mandatory = 1, linger = 0;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &high_water, sizeof high_water);
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    must(zmq_bind(socket, "tcp://127.0.0.1:*") == 0, "zmq_bind");
    size_t size = sizeof endpoint;
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);

    struct receiver *all = calloc((size_t)receivers, sizeof *all);
    pthread_barrier_init(&start, NULL, (unsigned)receivers + 1);
    for (int i = 0; i < receivers; i++) {
        all[i].is_slow = slow_milliseconds > 0 && i == 0;
        pthread_create(&all[i].thread, NULL, receive, &all[i]);
    }
    pthread_barrier_wait(&start);
    double begun = now();
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (size_t sent = 0; sent < chunks * (size_t)receivers; sent++) {
        unsigned char name[256];
        uint64_t index;
        int length = zmq_recv(socket, name, sizeof name, 0);
        must(length > 0 && zmq_recv(socket, &index, sizeof index, 0) == sizeof index, "zmq_recv");
        size_t offset = index * chunk_bytes, part = total - offset < chunk_bytes ? total - offset : chunk_bytes;
        must(zmq_send(socket, name, (size_t)length, ZMQ_SNDMORE) == length, "zmq_send");
        must(zmq_send(socket, &index, sizeof index, ZMQ_SNDMORE) == sizeof index, "zmq_send");
        must(zmq_send(socket, weights + offset, part, 0) == (int)part, "zmq_send");
    }
    double last = 0;
    for (int i = 0; i < receivers; i++) {
        pthread_join(all[i].thread, NULL);
        must(all[i].is_right, "what came is not what was sent");
        if (!all[i].is_slow && all[i].seconds > last) last = all[i].seconds;
    }
    getrusage(RUSAGE_SELF, &after);
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 1e-6 * (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
                                 before.ru_stime.tv_usec);
    printf("%.6f %.6f\n", last - begun, cpu);
    return 0;
}
