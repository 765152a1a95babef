/// The part of the library that makes Node a zygote: its threads do not live on in a forked child.
let zygoteNode = #"""
    // Node's own threads are not in a forked child, and waiting for their end would be for ever.
    static pthread_t own_threads[256];
    static _Atomic unsigned own_count;
    int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
        static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
        int code = real(thread, attributes, start, argument);
        if (forked && code == 0) own_threads[own_count++ % 256] = *thread;
        return code;
    }
    int pthread_join(pthread_t thread, void **result) {
        static int (*real)(pthread_t, void **);
        if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_join");
        int known = !forked || !is_node;
        for (unsigned i = 0; !known && i < 256 && i < own_count; i++) known = pthread_equal(own_threads[i], thread);
        return known ? real(thread, result) : 0;
    }

    // The threads that waited for a condition at the time of the fork are counted in it for ever, and signalling it may wait
    // for them to wake up. So each condition from before the fork is emptied before its first use in a child.
    static void *renewed[4096];
    static pthread_mutex_t renewing = PTHREAD_MUTEX_INITIALIZER;

    static void renew(pthread_cond_t *condition) {
        if (!forked || !is_node) return;
        size_t at = ((uintptr_t)condition >> 4) * 2654435761u % 4096;
        pthread_mutex_lock(&renewing);
        for (size_t left = 4095; left && renewed[at] && renewed[at] != condition; left--) at = (at + 1) % 4096;
        if (!renewed[at]) {
            renewed[at] = condition;
            // Its clock stays.
            unsigned flags = condition->__data.__wrefs & 3;
            memset(condition, 0, sizeof *condition);
            condition->__data.__wrefs = flags;
        }
        pthread_mutex_unlock(&renewing);
    }

    static void *real_function(const char *name) {
        void *found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
        return found ? found : dlsym(RTLD_NEXT, name);
    }
    #define CONDITION_FUNCTION(name, parameters, arguments) \
        int name parameters { \
            static int (*real) parameters; \
            if (!real) *(void **)&real = real_function(#name); \
            renew(condition); \
            return real arguments; \
        }
    CONDITION_FUNCTION(pthread_cond_signal, (pthread_cond_t *condition), (condition))
    CONDITION_FUNCTION(pthread_cond_broadcast, (pthread_cond_t *condition), (condition))
    CONDITION_FUNCTION(pthread_cond_destroy, (pthread_cond_t *condition), (condition))
    CONDITION_FUNCTION(pthread_cond_init, (pthread_cond_t *condition, const pthread_condattr_t *kind), (condition, kind))
    CONDITION_FUNCTION(pthread_cond_wait, (pthread_cond_t *condition, pthread_mutex_t *mutex), (condition, mutex))
    CONDITION_FUNCTION(pthread_cond_timedwait,
                       (pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *end),
                       (condition, mutex, end))
    CONDITION_FUNCTION(pthread_cond_clockwait,
                       (pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *end),
                       (condition, mutex, clock, end))

    // V8 hands work to the platform, which is Node, for threads that are not in a forked child; and before a program
    // ends, or its event loop starts over, Node waits for all of it. Some of it is handed over even when V8 is told to do
    // everything on one thread (Node 18: each collection; Node 20: each full one, and WebAssembly). So a child does it
    // on a thread of its own, which is made when there is something to do.
    typedef struct task { void (**methods)(struct task *); } task; // v8::Task: two destructors, then `Run`
    typedef struct entry { struct entry *next; task *task; struct timespec due; } entry;
    static pthread_mutex_t tasks_lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t tasks_changed = PTHREAD_COND_INITIALIZER;
    static entry *tasks;
    static int unfinished, has_worker;
    static void (*node_take)(void *, task **), (*node_take_later)(void *, task **, double), (*node_drain)(void *, void *);
    static void (*node_take_ranked)(void *, int, task **, const void *);

    static int is_before(const struct timespec *left, const struct timespec *right) {
        return left->tv_sec != right->tv_sec ? left->tv_sec < right->tv_sec : left->tv_nsec < right->tv_nsec;
    }

    /// Does the first task, if it is due, and unlocks meanwhile.
    static int do_task(void) {
        struct timespec now = {0};
        entry *first = tasks;
        if (first && first->due.tv_sec) clock_gettime(CLOCK_MONOTONIC, &now);
        if (!first || is_before(&now, &first->due)) return 0;
        tasks = first->next;
        if (first->due.tv_sec) unfinished++;
        pthread_mutex_unlock(&tasks_lock);
        first->task->methods[2](first->task);
        first->task->methods[1](first->task);
        free(first);
        pthread_mutex_lock(&tasks_lock);
        if (--unfinished == 0) pthread_cond_broadcast(&tasks_changed);
        return 1;
    }

    static void *do_tasks(void *unused) {
        pthread_mutex_lock(&tasks_lock);
        for (;;) {
            if (do_task()) continue;
            if (tasks) pthread_cond_clockwait(&tasks_changed, &tasks_lock, CLOCK_MONOTONIC, &tasks->due);
            else pthread_cond_wait(&tasks_changed, &tasks_lock);
        }
        return unused;
    }

    static void add_task(task **given, double delay) {
        entry *new = malloc(sizeof *new), **at = &tasks;
        if (!new) abort();
        *new = (entry){.task = *given};
        *given = NULL;
        if (delay >= 0) {
            clock_gettime(CLOCK_MONOTONIC, &new->due);
            double whole = delay > 1e9 ? 1e9 : delay;
            new->due.tv_sec += (time_t)whole;
            new->due.tv_nsec += (long)((whole - (double)(time_t)whole) * 1e9);
            if (new->due.tv_nsec >= 1000000000) new->due.tv_sec++, new->due.tv_nsec -= 1000000000;
        }
        pthread_mutex_lock(&tasks_lock);
        while (*at && !is_before(&new->due, &(*at)->due)) at = &(*at)->next;
        new->next = *at;
        *at = new;
        if (delay < 0) unfinished++;
        if (!has_worker) {
            pthread_t thread;
            sigset_t all, before;
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
            has_worker = pthread_create(&thread, NULL, do_tasks, NULL) == 0;
            pthread_sigmask(SIG_SETMASK, &before, NULL);
        }
        pthread_cond_broadcast(&tasks_changed);
        pthread_mutex_unlock(&tasks_lock);
    }

    static void take(void *platform, task **given) {
        if (forked) add_task(given, -1);
        else node_take(platform, given);
    }

    static void take_later(void *platform, task **given, double delay) {
        if (forked) add_task(given, delay < 0 ? 0 : delay);
        else node_take_later(platform, given, delay);
    }

    static void take_ranked(void *platform, int rank, task **given, const void *place) {
        if (forked) add_task(given, -1);
        else node_take_ranked(platform, rank, given, place);
    }

    static void drain(void *platform, void *isolate) {
        for (int idle = 0; !idle;) {
            pthread_mutex_lock(&tasks_lock);
            // A program at its limit of threads does its tasks itself.
            while (forked && unfinished) {
                if (has_worker) pthread_cond_wait(&tasks_changed, &tasks_lock);
                else if (!do_task()) break;
            }
            pthread_mutex_unlock(&tasks_lock);
            node_drain(platform, isolate);
            pthread_mutex_lock(&tasks_lock);
            idle = unfinished == 0;
            pthread_mutex_unlock(&tasks_lock);
        }
    }

    /// Puts these in the place of the platform's own methods; false for a Node of another make.
    static int take_over_tasks(void) {
        enum { COUNT = 64 };
        static void *methods[2 + COUNT];
        *(void **)&node_take = dlsym(
            RTLD_DEFAULT, "_ZN4node12NodePlatform18CallOnWorkerThreadESt10unique_ptrIN2v84TaskESt14default_deleteIS3_EE");
        *(void **)&node_take_later = dlsym(
            RTLD_DEFAULT,
            "_ZN4node12NodePlatform25CallDelayedOnWorkerThreadESt10unique_ptrIN2v84TaskESt14default_deleteIS3_EEd");
        // Under its name since Node 22.
        *(void **)&node_take_ranked = dlsym(
            RTLD_DEFAULT, "_ZN4node12NodePlatform26PostTaskOnWorkerThreadImplEN2v812TaskPriorityESt10unique_ptr"
                          "INS1_4TaskESt14default_deleteIS4_EERKNS1_14SourceLocationE");
        *(void **)&node_drain = dlsym(RTLD_DEFAULT, "_ZN4node12NodePlatform10DrainTasksEPN2v87IsolateE");
        void **(*platform)(void) = (void **(*)(void))dlsym(RTLD_DEFAULT, "_ZN2v88internal2V818GetCurrentPlatformEv");
        if (!platform || !node_drain || !(node_take || node_take_ranked)) return 0;
        void **object = platform();
        int taken = 0, drained = 0;
        // Before the methods stand two words about the type.
        memcpy(methods, (void **)*object - 2, sizeof methods);
        for (int i = 2; i < 2 + COUNT; i++) {
            if (!methods[i]) continue;
            if (methods[i] == (void *)node_take) methods[i] = (void *)take, taken = 1;
            else if (methods[i] == (void *)node_take_ranked) methods[i] = (void *)take_ranked, taken = 1;
            else if (methods[i] == (void *)node_take_later) methods[i] = (void *)take_later;
            else if (methods[i] == (void *)node_drain) methods[i] = (void *)drain, drained = 1;
        }
        *object = methods + 2;
        return taken && drained;
    }

    // Node's interface for extensions, as far as it is used here.
    struct napi_env_s;
    struct napi_value_s;
    struct napi_info_s;
    typedef struct napi_value_s *(*napi_function)(struct napi_env_s *, struct napi_info_s *);
    extern int napi_create_function(struct napi_env_s *, const char *, size_t, napi_function, void *,
                                    struct napi_value_s **) __attribute__((weak));
    extern int napi_set_named_property(struct napi_env_s *, struct napi_value_s *, const char *, struct napi_value_s *)
        __attribute__((weak));
    extern int napi_create_int32(struct napi_env_s *, int32_t, struct napi_value_s **) __attribute__((weak));
    extern int napi_get_cb_info(struct napi_env_s *, struct napi_info_s *, size_t *, struct napi_value_s **,
                                struct napi_value_s **, void **) __attribute__((weak));
    extern int napi_get_value_int32(struct napi_env_s *, struct napi_value_s *, int32_t *) __attribute__((weak));
    extern int napi_get_uv_event_loop(struct napi_env_s *, void **) __attribute__((weak));
    extern int uv_loop_fork(void *) __attribute__((weak));
    extern int uv_async_init(void *, void *, void (*)(void *)) __attribute__((weak));
    extern int uv_async_send(void *) __attribute__((weak));
    extern void uv_unref(void *) __attribute__((weak));
    extern unsigned uv_version(void) __attribute__((weak));

    static void woken(void *handle) { (void)handle; }

    static struct napi_value_s *node_serve(struct napi_env_s *env, struct napi_info_s *info) {
        (void)info;
        struct napi_value_s *result = NULL;
        void *loop = NULL;
        static long wake_up[64]; // a uv_async_t, of 16 words
        if (!take_over_tasks() || napi_get_uv_event_loop(env, &loop) || uv_async_init(loop, wake_up, woken)) _exit(79);
        uv_unref(wake_up);
        int role = serve();
        if (uv_loop_fork(loop)) _exit(78);
        // Before 1.45 libuv forgets that a wake-up was under way, and then holds each further one for superfluous.
        if (uv_version() < (1 << 16 | 45 << 8)) uv_async_send(wake_up);
        napi_create_int32(env, role, &result);
        return result;
    }

    /// Ends the process as it is: what Node does beyond that is to wait for threads and to take down a heap.
    static struct napi_value_s *node_leave(struct napi_env_s *env, struct napi_info_s *info) {
        size_t count = 1;
        struct napi_value_s *argument = NULL;
        int32_t code = 1;
        napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
        if (count) napi_get_value_int32(env, argument, &code);
        _exit(code);
    }

    struct napi_value_s *napi_register_module_v1(struct napi_env_s *env, struct napi_value_s *exports) {
        struct napi_value_s *function;
        is_node = 1;
        napi_create_function(env, "serve", 5, node_serve, NULL, &function);
        napi_set_named_property(env, exports, "serve", function);
        napi_create_function(env, "leave", 5, node_leave, NULL, &function);
        napi_set_named_property(env, exports, "leave", function);
        return exports;
    }
    """#
