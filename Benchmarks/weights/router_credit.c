// The least that can be done: bytes in chunks of 1 MiB from one ROUTER to receivers that grant credit, over TCP, nothing checked.
// It is what `ppocoder bench weights --peer` holds its own figures against.
//
//   cc -O2 -o router_credit router_credit.c -lzmq -lpthread
//   ./router_credit MEGABYTES RECEIVERS [CREDIT] [SLOW_MILLISECONDS]
//
// Prints the seconds until the last receiver, and until the last one but the slow one if there is one, had everything.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { chunk_bytes = 1 << 20 };

static char endpoint[256];
static uint8_t *source;
static size_t total;
static uint32_t chunks;
static int credit = 8;
static int slow_ms;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct receiver {
    pthread_t thread;
    int index;
    double done;
    uint8_t *room;
};

static void must(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "router_credit: %s: %s\n", what, zmq_strerror(zmq_errno()));
        exit(1);
    }
}

static size_t size_of(uint32_t index) {
    size_t start = (size_t)index * chunk_bytes;
    return total - start < chunk_bytes ? total - start : chunk_bytes;
}

static void *receive(void *argument) {
    struct receiver *self = argument;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    int linger = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    must(zmq_connect(socket, endpoint) == 0, "connect");
    uint32_t next = 0, have = 0;
    while (next < chunks && next < (uint32_t)credit) {
        must(zmq_send(socket, &next, sizeof next, 0) >= 0, "send");
        next++;
    }
    while (have < chunks) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        must(zmq_msg_recv(&message, socket, 0) >= 0, "receive");
        uint32_t index;
        memcpy(&index, zmq_msg_data(&message), sizeof index);
        memcpy(self->room + (size_t)index * chunk_bytes, (uint8_t *)zmq_msg_data(&message) + 4, size_of(index));
        zmq_msg_close(&message);
        have++;
        if (slow_ms && self->index == 0) {
            struct timespec pause = {0, slow_ms * 1000000L};
            nanosleep(&pause, NULL);
        }
        if (next < chunks) {
            must(zmq_send(socket, &next, sizeof next, 0) >= 0, "send");
            next++;
        }
    }
    self->done = now();
    uint32_t bye = UINT32_MAX;
    linger = 1000;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_send(socket, &bye, sizeof bye, 0);
    zmq_close(socket);
    zmq_ctx_term(context);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: router_credit MEGABYTES RECEIVERS [CREDIT] [SLOW_MILLISECONDS]\n");
        return 2;
    }
    total = (size_t)atoi(argv[1]) * 1000000;
    int count = atoi(argv[2]);
    if (argc > 3) credit = atoi(argv[3]);
    if (argc > 4) slow_ms = atoi(argv[4]);
    chunks = (uint32_t)((total + chunk_bytes - 1) / chunk_bytes);
    source = malloc(total);
    for (size_t i = 0; i < total; i++) source[i] = (uint8_t)(i * 2654435761u >> 13);
    struct receiver *receivers = calloc((size_t)count, sizeof *receivers);
    void *context = zmq_ctx_new();
    void *router = zmq_socket(context, ZMQ_ROUTER);
    int linger = 0;
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    must(zmq_bind(router, "tcp://127.0.0.1:*") == 0, "bind");
    size_t length = sizeof endpoint;
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &length);
    for (int i = 0; i < count; i++) {
        receivers[i].index = i;
        receivers[i].room = malloc(total);
        memset(receivers[i].room, 0, total);
    }
    double begun = now();
    for (int i = 0; i < count; i++) pthread_create(&receivers[i].thread, NULL, receive, &receivers[i]);
    for (int left = count; left > 0;) {
        uint8_t name[256];
        uint32_t index;
        int size = zmq_recv(router, name, sizeof name, 0);
        must(size >= 0, "receive");
        must(zmq_recv(router, &index, sizeof index, 0) == sizeof index, "receive");
        if (index == UINT32_MAX) {
            left--;
            continue;
        }
        zmq_msg_t message;
        zmq_msg_init_size(&message, 4 + size_of(index));
        memcpy(zmq_msg_data(&message), &index, sizeof index);
        memcpy((uint8_t *)zmq_msg_data(&message) + 4, source + (size_t)index * chunk_bytes, size_of(index));
        must(zmq_send(router, name, (size_t)size, ZMQ_SNDMORE) >= 0, "send");
        must(zmq_msg_send(&message, router, 0) >= 0, "send");
    }
    double last = 0, healthy = 0;
    for (int i = 0; i < count; i++) {
        pthread_join(receivers[i].thread, NULL);
        if (memcmp(receivers[i].room, source, total) != 0) {
            fprintf(stderr, "router_credit: receiver %d has other bytes\n", i);
            return 1;
        }
        double seconds = receivers[i].done - begun;
        if (seconds > last) last = seconds;
        if ((i > 0 || !slow_ms) && seconds > healthy) healthy = seconds;
    }
    printf("%.4f %.4f\n", last, healthy);
    return 0;
}
