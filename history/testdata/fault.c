// Makes calls on the history's files fail, below SQLite: loaded before the C
// library, it stands between the two. The environment says what happens:
//
//   FAULT_OP    write (EIO), full (ENOSPC), short (half is written, then ENOSPC),
//               sync (EIO)
//   FAULT_FILE  only files whose path contains this
//   FAULT_AT    the number of the first call that fails, from 1
//   FAULT_FOR   how many fail from there on; 0: all
//   FAULT_EVERY instead: every so many calls fail
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long calls;

static long number(const char *name) {
	const char *s = getenv(name);
	return s ? atol(s) : 0;
}

static int ours(int fd) {
	const char *want = getenv("FAULT_FILE");
	char link[64], path[PATH_MAX];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0 || !want)
		return 0;
	path[n] = 0;
	return strstr(path, want) != NULL;
}

// hit counts a call and tells whether it is to fail.
static int hit(int fd) {
	if (!ours(fd))
		return 0;
	pthread_mutex_lock(&lock);
	long n = ++calls, at = number("FAULT_AT"), times = number("FAULT_FOR"), every = number("FAULT_EVERY");
	pthread_mutex_unlock(&lock);
	if (every)
		return n % every == 0;
	return at && n >= at && (!times || n < at + times);
}

static int is(const char *op) {
	const char *s = getenv("FAULT_OP");
	return s && !strcmp(s, op);
}

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef int (*sync_fn)(int);

static ssize_t faulty_pwrite(pwrite_fn real, int fd, const void *b, size_t n, off_t at) {
	if ((is("write") || is("full") || is("short")) && hit(fd)) {
		if (is("short") && n > 1)
			return real(fd, b, n / 2, at);
		errno = is("write") ? EIO : ENOSPC;
		return -1;
	}
	return real(fd, b, n, at);
}

ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
	return faulty_pwrite((pwrite_fn)dlsym(RTLD_NEXT, "pwrite"), fd, b, n, at);
}

ssize_t pwrite64(int fd, const void *b, size_t n, off_t at) {
	return faulty_pwrite((pwrite_fn)dlsym(RTLD_NEXT, "pwrite64"), fd, b, n, at);
}

ssize_t write(int fd, const void *b, size_t n) {
	if ((is("write") || is("full") || is("short")) && hit(fd)) {
		errno = is("write") ? EIO : ENOSPC;
		return -1;
	}
	return ((write_fn)dlsym(RTLD_NEXT, "write"))(fd, b, n);
}

static int faulty_sync(const char *name, int fd) {
	if (is("sync") && hit(fd)) {
		errno = EIO;
		return -1;
	}
	return ((sync_fn)dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return faulty_sync("fsync", fd); }
int fdatasync(int fd) { return faulty_sync("fdatasync", fd); }
