/* Power-cut fault layer: remembers how to take back whatever is not yet durable.
 *
 * Preloaded (LD_PRELOAD) into the program under test. For every change beneath
 * $POWERCUT_DIR it first appends to $POWERCUT_LOG how to undo it: the old bytes and the
 * old size of a file, or what a folder's entry was before. A finished fsync or fdatasync
 * is appended as well. After the program was killed, fault/mod.rs reads the log backwards
 * and undoes what no sync covers, which is what a power cut may do and kill -9 never does.
 *
 * Strict where systems differ: a sync covers only what was done before it began; syncing
 * a file does not make its name durable, only syncing its folder does; O_SYNC, syncfs and
 * msync count for nothing. With $POWERCUT_AFTER=n the program kills itself instead of
 * doing its n-th recorded operation, so that a test can try every point in turn. With
 * $POWERCUT_ROOM=n the disk is full once the files have grown by n bytes together.
 *
 * Left out: memory-mapped writes (SQLite maps only its -shm file, which is passed over),
 * io_uring, stdio, and programs that make system calls without libc. One program at a time.
 *
 * Raw system calls throughout: no call here may come back to an interposed function, and
 * the log must not sit in a buffer when the program dies.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CONTENT = 1, SYNC_BEGUN, SYNC_ENDED, CREATED, RENAMED, UNLINKED, FOLDER_REMOVED, CUT };

/* What stands before each record, in the machine's own byte order. */
struct record {
    uint32_t magic;
    uint32_t kind;
    uint64_t inode;  /* the file's for content and syncs, else its folder's */
    uint64_t offset; /* where the changed region begins; a sync's number */
    uint64_t length; /* bytes changed */
    uint64_t size;   /* size of the file before */
    uint64_t path_bytes, other_bytes, kept_bytes, old_bytes; /* what follows the header */
};

enum { MAGIC = 0x50435554, CHUNK = 1 << 20 };

static char folder[PATH_MAX];
static size_t folder_bytes;
static char kept_prefix[PATH_MAX];
static int log_fd = -1;
static long operations_left = -1;
static long long room = -1; /* bytes that files may still grow by; negative: no limit */
static uint64_t number; /* of syncs and of kept files; never repeats within a log */
static char old[CHUNK];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what) {
    dprintf(2, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *dir = getenv("POWERCUT_DIR"), *log = getenv("POWERCUT_LOG");
    const char *after = getenv("POWERCUT_AFTER"), *least = getenv("POWERCUT_ROOM");
    if (!dir || !log) return;
    if (!realpath(dir, folder)) die("POWERCUT_DIR must exist");
    folder_bytes = strlen(folder);
    if (snprintf(kept_prefix, sizeof kept_prefix, "%s.kept", log) >= PATH_MAX) die("POWERCUT_LOG");
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) die("POWERCUT_LOG cannot be opened");
    /* A high number, so that programs which count on low ones are not disturbed. */
    log_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 500);
    if (log_fd < 0) log_fd = fd;
    else syscall(SYS_close, fd);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    number = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (after) operations_left = atol(after);
    if (least) room = atoll(least);
}

/* Whether a file may grow by so many bytes; takes them. Wants the lock. */
static int has_room(off_t grown) {
    if (room < 0 || grown <= 0) return 1;
    if (grown > room) return 0;
    room -= grown;
    return 1;
}

/* Writes one record, or dies: an operation that cannot be undone must not happen. */
static void append(struct record head, const char *path, const char *other, const char *kept) {
    if (operations_left > 0 && --operations_left == 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    head.magic = MAGIC;
    head.path_bytes = strlen(path);
    head.other_bytes = strlen(other);
    head.kept_bytes = strlen(kept);
    struct iovec parts[] = {
        { &head, sizeof head },           { (void *)path, head.path_bytes },
        { (void *)other, head.other_bytes }, { (void *)kept, head.kept_bytes },
        { old, head.old_bytes },
    };
    size_t all = sizeof head + head.path_bytes + head.other_bytes + head.kept_bytes + head.old_bytes;
    if (syscall(SYS_writev, log_fd, parts, 5) != (long)all) die("POWERCUT_LOG cannot be written");
}

static int is_beneath(const char *path) {
    size_t bytes = strlen(path);
    if (bytes <= folder_bytes || strncmp(path, folder, folder_bytes) || path[folder_bytes] != '/') return 0;
    return bytes < 4 || strcmp(path + bytes - 4, "-shm");
}

/* The path behind an open file; 0 if it has none or the layer is off. */
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long bytes = log_fd < 0 ? -1 : syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (bytes <= 0) return 0;
    path[bytes] = 0;
    return 1;
}

/* Whether changes to this open file are recorded; fills what is known of it. */
static int is_tracked(int fd, struct stat *info) {
    char path[PATH_MAX];
    return log_fd >= 0 && !fstat(fd, info) && S_ISREG(info->st_mode) && path_of(fd, path) && is_beneath(path);
}

/* Resolves a name to folder and entry; 0 if it is outside or cannot be resolved. */
static int resolve(int at, const char *name, char *path, struct stat *parent) {
    char dir[PATH_MAX];
    if (log_fd < 0 || !name || !*name || strlen(name) >= PATH_MAX) return 0;
    strcpy(dir, name);
    size_t end = strlen(dir);
    while (end > 1 && dir[end - 1] == '/') dir[--end] = 0;
    char *slash = strrchr(dir, '/');
    const char *entry = name + (slash ? slash + 1 - dir : 0);
    size_t entry_bytes = end - (size_t)(entry - name);
    if (!slash) strcpy(dir, ".");
    else slash[slash == dir] = 0;
    int fd = (int)syscall(SYS_openat, at, dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return 0;
    int known = path_of(fd, path) && !fstat(fd, parent);
    syscall(SYS_close, fd);
    size_t bytes = known ? strlen(path) : 0;
    if (!known || bytes + 1 + entry_bytes >= PATH_MAX) return 0;
    path[bytes] = '/';
    memcpy(path + bytes + 1, entry, entry_bytes);
    path[bytes + 1 + entry_bytes] = 0;
    return is_beneath(path);
}

/* Reads old bytes, also from a file that was opened for writing only. */
static ssize_t read_old(int fd, size_t length, off_t offset) {
    ssize_t got = syscall(SYS_pread64, fd, old, length, offset);
    if (got >= 0 || errno != EBADF) return got;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int again = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (again < 0) return -1;
    got = syscall(SYS_pread64, again, old, length, offset);
    syscall(SYS_close, again);
    return got;
}

/* Records the region [offset, offset + length) before it changes. Wants the lock. */
static void remember(enum kind kind, int fd, const struct stat *info, off_t offset, off_t length) {
    off_t size = info->st_size, end = offset + length;
    struct record head = { .kind = kind, .inode = info->st_ino, .size = (uint64_t)size };
    while (offset < end) {
        off_t part = end - offset;
        head.old_bytes = 0;
        if (offset < size) {
            if (part > CHUNK) part = CHUNK;
            if (part > size - offset) part = size - offset;
            ssize_t got = read_old(fd, (size_t)part, offset);
            if (got != part) die("old bytes cannot be read");
            head.old_bytes = (uint64_t)got;
        }
        head.offset = (uint64_t)offset;
        head.length = (uint64_t)part;
        append(head, "", "", "");
        offset += part;
    }
}

/* Where a plain write will land. */
static off_t next_offset(int fd, const struct stat *info) {
    long options = syscall(SYS_fcntl, fd, F_GETFL, 0);
    return options & O_APPEND ? info->st_size : syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static off_t total(const struct iovec *parts, int count) {
    off_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += (off_t)parts[i].iov_len;
    return bytes;
}

/* Does `call` under the lock, with the region remembered first. */
#define CHANGING(fd, offset, length, call) CHANGING_AS(CONTENT, fd, offset, length, call)
#define CHANGING_AS(kind, fd, offset, length, call)            \
    do {                                                       \
        struct stat info;                                      \
        if (!is_tracked(fd, &info)) return call;               \
        pthread_mutex_lock(&lock);                             \
        if (fstat(fd, &info)) die("fstat");                    \
        if (!has_room((offset) + (length) - info.st_size)) {   \
            pthread_mutex_unlock(&lock);                       \
            errno = ENOSPC;                                    \
            return -1;                                         \
        }                                                      \
        remember((kind), fd, &info, (offset), (length));       \
        long result = call;                                    \
        int error = errno;                                     \
        pthread_mutex_unlock(&lock);                           \
        errno = error;                                         \
        return result;                                         \
    } while (0)

ssize_t write(int fd, const void *data, size_t length) {
    CHANGING(fd, next_offset(fd, &info), (off_t)length, syscall(SYS_write, fd, data, length));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    CHANGING(fd, next_offset(fd, &info), total(parts, count), syscall(SYS_writev, fd, parts, count));
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    CHANGING(fd, offset, (off_t)length, syscall(SYS_pwrite64, fd, data, length, offset));
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return pwrite64(fd, data, length, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
    CHANGING(fd, offset, total(parts, count), syscall(SYS_pwritev, fd, parts, count, offset, 0));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return pwritev64(fd, parts, count, offset);
}

/* A cut and an extension both change what lies between the old and the new end. A cut is
 * told apart, because a disk does it whole or not at all. */
int ftruncate64(int fd, off64_t size) {
    CHANGING_AS(size < info.st_size ? CUT : CONTENT, fd, size < info.st_size ? size : info.st_size,
             size < info.st_size ? info.st_size - size : size - info.st_size,
             (int)syscall(SYS_ftruncate, fd, size));
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    CHANGING(fd, offset, length, (int)syscall(SYS_fallocate, fd, mode, offset, length));
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
    return fallocate64(fd, mode, offset, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    return fallocate64(fd, 0, offset, length) ? errno : 0;
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    return posix_fallocate64(fd, offset, length);
}

/* Refused, so that every copy goes through write and is seen. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned options) {
    if (log_fd < 0) return syscall(SYS_copy_file_range, in, in_at, out, out_at, length, options);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int out, int in, off64_t *at, size_t length) {
    if (log_fd < 0) return syscall(SYS_sendfile, out, in, at, length);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile(int out, int in, off_t *at, size_t length) { return sendfile64(out, in, at, length); }

/* Files and folders alike: what was done before the sync began is durable once it ended. */
static int sync_with(long call, int fd) {
    struct stat info;
    char path[PATH_MAX];
    if (log_fd < 0 || fstat(fd, &info) || !path_of(fd, path)) return (int)syscall(call, fd);
    if (strcmp(path, folder) && !is_beneath(path)) return (int)syscall(call, fd);
    struct record head = { .kind = SYNC_BEGUN, .inode = info.st_ino };
    pthread_mutex_lock(&lock);
    head.offset = ++number;
    append(head, "", "", "");
    pthread_mutex_unlock(&lock);
    if (syscall(call, fd)) return -1;
    head.kind = SYNC_ENDED;
    pthread_mutex_lock(&lock);
    append(head, "", "", "");
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return sync_with(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }

/* Opens, recording a new entry or the content that O_TRUNC is about to drop. */
static int open_at(int at, const char *name, int options, mode_t mode) {
    char path[PATH_MAX];
    struct stat parent, info;
    if (!(options & (O_CREAT | O_TRUNC)) || (options & O_TMPFILE) == O_TMPFILE
        || !resolve(at, name, path, &parent))
        return (int)syscall(SYS_openat, at, name, options, mode);
    pthread_mutex_lock(&lock);
    if (fstatat(AT_FDCWD, path, &info, 0)) {
        struct record head = { .kind = CREATED, .inode = parent.st_ino };
        if (options & O_CREAT) append(head, path, "", "");
    } else if ((options & O_TRUNC) && !(options & O_EXCL) && S_ISREG(info.st_mode) && info.st_size) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0) die("a file to be cut cannot be read");
        remember(CUT, fd, &info, 0, info.st_size);
        syscall(SYS_close, fd);
    }
    int result = (int)syscall(SYS_openat, at, name, options, mode);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

/* The mode is passed only where a file can be made. */
#define MODE(options, mode)                                              \
    mode_t mode = 0;                                                     \
    if (((options) & O_CREAT) || ((options) & O_TMPFILE) == O_TMPFILE) { \
        va_list rest;                                                    \
        va_start(rest, options);                                         \
        mode = va_arg(rest, mode_t);                                     \
        va_end(rest);                                                    \
    }

int open(const char *name, int options, ...) { MODE(options, mode) return open_at(AT_FDCWD, name, options, mode); }
int open64(const char *name, int options, ...) { MODE(options, mode) return open_at(AT_FDCWD, name, options, mode); }
int openat(int at, const char *name, int options, ...) { MODE(options, mode) return open_at(at, name, options, mode); }
int openat64(int at, const char *name, int options, ...) { MODE(options, mode) return open_at(at, name, options, mode); }
int creat(const char *name, mode_t mode) { return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *name, mode_t mode) { return creat(name, mode); }

/* Does `call` under the lock and keeps its errno. */
#define LOCKED(before, call)             \
    do {                                 \
        pthread_mutex_lock(&lock);       \
        before;                          \
        int result = (int)(call);        \
        int error = errno;               \
        pthread_mutex_unlock(&lock);     \
        errno = error;                   \
        return result;                   \
    } while (0)

/* Gives a file that is about to lose its name another one outside, so it can come back. */
static void keep(const char *path, char *kept) {
    struct stat info;
    *kept = 0;
    if (fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW) || !S_ISREG(info.st_mode)) return;
    if (snprintf(kept, PATH_MAX, "%s.%llu", kept_prefix, (unsigned long long)++number) >= PATH_MAX) die("kept");
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0)) die("POWERCUT_LOG must share a disk with POWERCUT_DIR");
}

static void remember_entry(enum kind kind, const char *path, const char *other, const struct stat *parent) {
    char kept[PATH_MAX] = "";
    struct record head = { .kind = kind, .inode = parent->st_ino };
    if (kind == UNLINKED) keep(path, kept);
    if (kind == RENAMED) keep(other, kept);
    append(head, path, other, kept);
}

int mkdirat(int at, const char *name, mode_t mode) {
    char path[PATH_MAX];
    struct stat parent, info;
    if (!resolve(at, name, path, &parent) || !fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW))
        return (int)syscall(SYS_mkdirat, at, name, mode);
    LOCKED(remember_entry(CREATED, path, "", &parent), syscall(SYS_mkdirat, at, name, mode));
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int linkat(int at, const char *from, int other_at, const char *to, int options) {
    char path[PATH_MAX];
    struct stat parent, info;
    if (!resolve(other_at, to, path, &parent) || !fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW))
        return (int)syscall(SYS_linkat, at, from, other_at, to, options);
    LOCKED(remember_entry(CREATED, path, "", &parent), syscall(SYS_linkat, at, from, other_at, to, options));
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int at, const char *name, int options) {
    char path[PATH_MAX];
    struct stat parent, info;
    enum kind kind = options & AT_REMOVEDIR ? FOLDER_REMOVED : UNLINKED;
    if (!resolve(at, name, path, &parent) || fstatat(AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW))
        return (int)syscall(SYS_unlinkat, at, name, options);
    LOCKED(remember_entry(kind, path, "", &parent), syscall(SYS_unlinkat, at, name, options));
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

/* Durable once the folder it goes to is; moves over the edge of the folder are not followed. */
int renameat2(int at, const char *from, int other_at, const char *to, unsigned options) {
    char path[PATH_MAX], other[PATH_MAX];
    struct stat parent, goal;
    if (!resolve(at, from, path, &parent) || !resolve(other_at, to, other, &goal))
        return (int)syscall(SYS_renameat2, at, from, other_at, to, options);
    LOCKED(remember_entry(RENAMED, path, other, &goal), syscall(SYS_renameat2, at, from, other_at, to, options));
}

int renameat(int at, const char *from, int other_at, const char *to) { return renameat2(at, from, other_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
